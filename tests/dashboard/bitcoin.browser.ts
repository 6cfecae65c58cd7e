import { expect } from 'chai';
import type { Page } from 'playwright-core';
import { PROOF_RULES } from '../../src/consensus';
import type { Environment } from '../../src/settings/schema';
import { minedTemplateOn } from '../../src/work/source';
import { FakeBitcoinNetwork } from '../fixtures/bitcoin-network';
import { segmentAt } from '../fixtures/segments';
import { identity, seed } from '../fixtures/template';
import { openBrowser, seriousViolations, type Browser } from './browser';
import { serveDashboard, TOKEN, type Served } from './served';

const WAIT = { timeout: 30_000 };
const ROUND = 4;
/** BIP 173's first example. */
const PAYOUT = 'bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4';
const TASK_PAYOUT = { program: '55'.repeat(20), percent: 10 };
const NODE = '127.0.0.1:8332';
const HASH = 0xabcn << 160n;
const MARKUP = '<img src=x onerror="document.title=1">';
const ATTEMPT = { prefix: 0, extranonce2: 0, versionBits: 0, timeOffset: 0, nonce: 0 };

describe('Bitcoin on the dashboard', function () {
  this.timeout(90_000);
  let browser: Browser;
  let page: Page;
  let served: Served;
  let bitcoin: FakeBitcoinNetwork;
  let errors: string[];

  before(async () => (browser = await openBrowser()));
  after(() => browser?.close());
  beforeEach(async () => {
    errors = [];
    bitcoin = new FakeBitcoinNetwork();
    page = await browser.context.newPage();
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) errors.push(message.text());
    });
    page.on('pageerror', (error) => errors.push(String(error)));
  });
  afterEach(async () => {
    await page.close();
    await served.close();
    expect(errors).to.deep.equal([]);
  });

  async function text(selector: string, expected: RegExp): Promise<void> {
    await page.locator(selector, { hasText: expected }).waitFor(WAIT);
  }

  async function goTo(): Promise<void> {
    served.node.governor.pause();
    await page.goto(`${served.url}/?token=${TOKEN}`);
    await text('#rate', /\d/);
  }

  /** Opens the page of a node that has a Bitcoin node. */
  async function open(env: Environment = {}): Promise<void> {
    const rules = { ...PROOF_RULES, taskPayout: TASK_PAYOUT };
    served = await serveDashboard({
      env: { PAYOUT_ADDRESS: PAYOUT, STRATUM_PORT: '0', ...env },
      bitcoin: { bitcoinNetwork: bitcoin, rules },
    });
    await goTo();
  }

  function showTip(refusal?: string): void {
    bitcoin.verdict = refusal ?? null;
    bitcoin.push(segmentAt(900_001), Math.floor(Date.now() / 1000) - 60);
  }

  async function begin(): Promise<void> {
    await served.node.miner.begin(ROUND, seed, Infinity);
  }

  function find(height: number, workerId: string): void {
    const { blocks, rules, miner } = served.node;
    const { origin } = miner.lastRound!;
    const of = { ...identity, round: ROUND, seed };
    const template = minedTemplateOn(origin, segmentAt(height), of, identity.submitter, rules);
    const hashValue = HASH + BigInt(height);
    blocks.found({ round: ROUND, template, attempt: ATTEMPT, hashValue, workerId });
  }

  it('is one line, which says how to have it, where nobody asked for it', async () => {
    served = await serveDashboard();
    await goTo();
    await text(
      '#bitcoin-none',
      /the task's own headers.* set BITCOIN_RPC_URL and\s+PAYOUT_ADDRESS/,
    );
    await text('#bitcoin-network', /^main network$/);
    for (const selector of ['#bitcoin-work', '#bitcoin-tip', '#bitcoin-nodes', '#found']) {
      expect(await page.isVisible(selector), selector).to.equal(false);
    }
    await text('#stratum-user', /^any name, such as bitaxe1$/);
  });

  it('is the source, the tip, the difficulties, the chance, who is paid, and the user name for miners', async () => {
    await open();
    await text('#bitcoin-work', /^no round was mined/);
    await text('#bitcoin-tip', /^none yet$/);
    showTip();
    await text('#bitcoin-tip', /^block 900,000, 1 min \d+ s old$/);
    await begin();
    served.node.bests.note({ workerId: 'rig1', hashValue: 1n << 200n, round: ROUND });
    await text('#bitcoin-work', /^real Bitcoin blocks$/);
    await text('#bitcoin-difficulty', /^281 T; this node's best ever: 16\.8 M$/);
    Object.defineProperty(served.node.miner, 'hashrateHps', { value: 1.2e12 });
    await text('#bitcoin-chance', /^about 1 in 12 million a day, .* a year, at 1\.20 TH\/s$/);
    await text('#bitcoin-payout', new RegExp(`^${PAYOUT}, 2\\.8125 BTC by the next block$`));
    await text('#bitcoin-task', /^10 % of the subsidy, to bc1q.*, 0\.3125 BTC by the next block$/);
    await text('#bitcoin-nodes', new RegExp(`^${NODE}: works$`));
    expect(await page.isVisible('#bitcoin-none')).to.equal(false);
    await text('#stratum-user', new RegExp(`^${PAYOUT}\\.bitaxe1, with any name behind the dot$`));
  });

  it('says why the work is koii, and of what each node suffers', async () => {
    await open();
    bitcoin.peers = [{ name: NODE, fault: `it answers ${MARKUP}` }];
    showTip();
    await text('#bitcoin-tip', /900,000/);
    await begin();
    await text('#bitcoin-work', /^the task's own headers: it answers <img/);
    await text('#bitcoin-nodes .warn', /: it answers <img/);
    await text('#bitcoin-chance', /^none: the task's own headers are nobody's blocks$/);
    await text('#stratum-user', /^any name/);
    expect(await page.title()).to.equal('Orca mining');
  });

  it("says why the node would refuse our block, in the node's words", async () => {
    await open();
    showTip(MARKUP);
    await text('#bitcoin-refusal', /at height 900,001: <img .* The next round is mined with/);
    expect(await page.title()).to.equal('Orca mining');
  });

  for (const [width, theme] of [
    [1280, 'light'],
    [375, 'dark'],
  ] as const) {
    it(`is big where a block was found, with its hash, height, value and where it was accepted, at ${width} pixels`, async () => {
      await page.setViewportSize({ width, height: 800 });
      await page.emulateMedia({ colorScheme: theme });
      await open();
      showTip();
      await text('#bitcoin-tip', /900,000/);
      await begin();
      for (const [i, worker] of ['rig1', 'local', MARKUP, `${'x'.repeat(64)}`].entries()) {
        find(900_001 + i, worker);
      }
      await text('#found-title', /^4 Bitcoin blocks found$/);
      const newest = '#found-list li:first-child';
      await text(`${newest} .value`, /^Block 900,004: 2\.8125 BTC$/);
      await text(
        `${newest} .mono`,
        new RegExp(`^${(HASH + 900_004n).toString(16).padStart(64, '0')}$`),
      );
      await text(`${newest} .warn`, /^handed in: no Bitcoin node has answered yet$/);
      await text(`${newest} .muted`, new RegExp(`^pays ${PAYOUT}; .*, round 4, by x{64}$`));
      await text('#found-more', /^and 1 before: GET \/bitcoin has them$/);
      bitcoin.answer({ node: NODE, verdict: 'accepted', reason: '' });
      await text(`${newest} .good`, new RegExp(`^accepted by ${NODE}$`));
      const size = await page.evaluate<string>(
        `getComputedStyle(document.querySelector('${newest} .value')).fontSize`,
      );
      expect(parseFloat(size)).to.be.at.least(20);
      const { y } = (await page.locator('#found').boundingBox())!;
      expect(y).to.be.below(250);
      expect(await page.title()).to.equal('Orca mining');
      expect(await page.evaluate('document.documentElement.scrollWidth')).to.be.at.most(width);
      expect(await seriousViolations(page)).to.deep.equal([]);
      const picture = process.env['BITCOIN_PICTURE'];
      if (picture) await page.screenshot({ path: `${picture}-${width}.png`, fullPage: true });
    });
  }

  it('shows a refused block with what the node said', async () => {
    await open();
    showTip();
    await text('#bitcoin-tip', /900,000/);
    await begin();
    find(900_001, 'local');
    bitcoin.answer({ node: NODE, verdict: 'refused', reason: MARKUP });
    await text('#found-title', /^1 Bitcoin block found$/);
    await text('#found-list .bad', new RegExp(`^refused by ${NODE} \\(<img`));
    expect(await page.title()).to.equal('Orca mining');
  });

  it('has its room from the start, so that its figures move nothing', async () => {
    await page.addInitScript(`
      window.shift = 0;
      new PerformanceObserver((list) => {
        for (const { value } of list.getEntries()) window.shift += value;
      }).observe({ type: 'layout-shift', buffered: true });`);
    await open();
    showTip();
    await text('#bitcoin-tip', /900,000/);
    await begin();
    await text('#bitcoin-work', /^real/);
    expect(await page.evaluate('window.shift')).to.be.below(0.05);
  });
});
