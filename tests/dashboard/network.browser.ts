import { expect } from 'chai';
import type { Page } from 'playwright-core';
import type { CountedRound } from '../../src/distribution/kept-round';
import type { RecountedList } from '../../src/distribution/recount';
import { NoSuchRoundError } from '../../src/distribution/recounts';
import type { Verdict } from '../../src/proof/verify';
import { until } from '../fixtures/until';
import { identity } from '../fixtures/template';
import { vectors } from '../fixtures/proofs';
import { openBrowser, seriousViolations, type Browser } from './browser';
import { serveDashboard, type Served } from './served';

const WAIT = { timeout: 30_000 };
const SELF = identity.publicKey;
const CHEATER = vectors[1]!.submitter;
const EVIL = '<img src=x onerror="document.title=1">';
/** https://web.dev/articles/cls: good is up to 0.1. */
const MOST_SHIFT = 0.05;

const OBSERVER = `
  window.shift = 0;
  new PerformanceObserver((list) => {
    for (const { value, hadRecentInput } of list.getEntries()) if (!hadRecentInput) window.shift += value;
  }).observe({ type: 'layout-shift', buffered: true });`;
const IS_PAINTED = "performance.getEntriesByName('first-contentful-paint').length > 0";

/** Round 7 of two submitters and a list that is voted out, round 8 of many. */
function countedRound(round: number): CountedRound {
  const many = round === 8 ? Array.from({ length: 998 }, (_, i) => keyOf(i)) : [];
  const keys = [SELF, CHEATER, ...many];
  const verdicts = new Map<string, Verdict>(
    keys.map((key, i) => [key, { valid: true, source: 0, shares: 28, hashes: BigInt(1e9 - i) }]),
  );
  if (round === 7) verdicts.set(CHEATER, { valid: false, reason: EVIL });
  const amounts = Object.fromEntries(keys.map((key) => [key, key === CHEATER ? 0 : 3_100_000_000]));
  const list = (maker: string, isValid: boolean, rest: Partial<RecountedList>): RecountedList => ({
    maker,
    account: EVIL,
    isOld: false,
    votes: [{ voter: EVIL, isValid }],
    isVotedOut: !isValid,
    reading: 'equal',
    amounts: new Map(Object.entries(amounts).map(([key, amount]) => [key, String(amount)])),
    differences: [],
    differing: 0,
    ...rest,
  });
  const differences = [{ publicKey: SELF, theirs: '12500000000', ours: '3100000000' }];
  return {
    recount: {
      own: {
        round,
        bounty: 3_100_000_000n,
        amounts,
        submissions: Object.fromEntries(keys.map((key) => [key, 'proof'])),
        readAt: 0,
        verdicts,
      },
      lists: [
        list(SELF, true, {}),
        list(CHEATER, false, { reading: 'differs', differences, differing: 1 }),
      ],
      outcome: 'paid',
      unread: 0,
    },
    isSettled: true,
    readAt: Date.UTC(2026, 0, 1),
    submissionsOfRoundMinus2: {},
  };
}

function keyOf(i: number): string {
  return `Key${i.toString(9).replace(/./g, (digit) => String(Number(digit) + 1))}`.padEnd(44, 'z');
}

describe("the network's page in a browser", function () {
  this.timeout(120_000);
  let served: Served;
  let browser: Browser;
  let faults: string[];
  let asked: number[];

  before(async () => {
    const recounts = {
      known: [8, 7],
      of(round: number): Promise<CountedRound> {
        asked.push(round);
        return round === 7 || round === 8
          ? Promise.resolve(countedRound(round))
          : Promise.reject(new NoSuchRoundError(`round ${round} is forgotten`));
      },
    };
    const recent = () =>
      [8, 7].map((round) => ({
        round,
        at: Date.UTC(2026, 0, 1),
        proofs: 3,
        valid: 2,
        networkHashes: '1000000000',
        roundMs: round * 1000,
      }));
    const never = () => new Promise<never>(() => undefined);
    served = await serveDashboard({ roundTimes: never, network: { recounts, recent } });
    browser = await openBrowser();
  });
  after(async () => {
    await browser?.close();
    await served?.close();
  });
  beforeEach(() => {
    faults = [];
    asked = [];
  });

  async function open(query = '', before?: (page: Page) => Promise<void>): Promise<Page> {
    const page = await browser.context.newPage();
    page.on('console', (message) => message.type() === 'error' && faults.push(message.text()));
    page.on('pageerror', ({ message }) => faults.push(message));
    await before?.(page);
    await page.goto(`${served.url}/dashboard/network${query}`, WAIT);
    await page.locator('#round:enabled').waitFor(WAIT);
    return page;
  }

  const text = (page: Page, selector: string): Promise<string> =>
    page.locator(selector).innerText();

  it('answers a dispute by one link, with the line that proves it', async () => {
    const page = await open(`?round=7&submitter=${CHEATER}`);
    await page.locator('#why-proof').waitFor(WAIT);
    expect(await text(page, '#why-key')).to.equal(CHEATER);
    expect(await text(page, '#why-text')).to.equal(`Not paid: its proof is invalid: ${EVIL}.`);
    expect(await text(page, '#why-command')).to.equal(
      `npm run verify -- --from "${served.url}/network?round=7&submitter=${CHEATER}"`,
    );
    expect(await page.locator('#submitters tr[aria-current]').innerText()).to.include('invalid');
    await browser.context.grantPermissions(['clipboard-read', 'clipboard-write']);
    await page.click('#why-copy');
    await page.locator('#why-copied', { hasText: 'Copied' }).waitFor(WAIT);
    expect(await page.evaluate('navigator.clipboard.readText()')).to.match(/^npm run verify/);
    expect(await page.title()).to.equal('Orca mining: the network');
    expect(faults).to.deep.equal([]);
    await page.close();
  });

  it('says which list was voted out and why, and who voted', async () => {
    const page = await open('?round=7');
    const lists = page.locator('#lists > li');
    expect(await lists.first().innerText()).to.match(/^Stands .* this node/);
    const out = lists.nth(1);
    expect(await out.innerText()).to.match(
      /^Voted out [^]*pays .* 12\.5000 tokens instead of 3\.1000/,
    );
    await out.locator('summary', { hasText: 'difference' }).click();
    expect(await out.innerText()).to.match(/ 12\.5 instead of 3\.1/);
    await out.locator('summary', { hasText: 'vote' }).click();
    expect(await out.innerText()).to.include('against');
    expect(await page.locator('img').count()).to.equal(0);
    expect(await seriousViolations(page)).to.deep.equal([]);
    await page.close();
  });

  it('goes to another round and back, by the address', async () => {
    const page = await open();
    expect(await page.locator('#round').inputValue()).to.equal('8');
    await page.selectOption('#round', '7');
    await page.locator('#submitters-note', { hasText: /^2 submitters/ }).waitFor(WAIT);
    expect(page.url()).to.match(/\?round=7$/);
    await page.click('#submitters a');
    await page.locator('#why-text', { hasText: /^Paid 3\.1000 tokens/ }).waitFor(WAIT);
    expect(page.url()).to.match(new RegExp(`submitter=${SELF}$`));
    await page.goBack();
    await page.locator('#why-text', { hasText: /^Choose/ }).waitFor(WAIT);
    await page.goBack();
    await page.locator('#submitters-note', { hasText: /1000 submitters/ }).waitFor(WAIT);
    await page.close();
  });

  it('shows a hundred of a thousand submitters, those sought, or all', async () => {
    const page = await open('?round=8');
    const rows = page.locator('#submitters tr');
    expect(await rows.count()).to.equal(100);
    expect(await rows.first().innerText()).to.include('this node');
    await page.fill('#filter', keyOf(997));
    expect(await rows.count()).to.equal(1);
    await page.fill('#filter', '');
    await page.click('#show-all');
    expect(await rows.count()).to.equal(1000);
    await page.close();
  });

  it('shows the rates as a picture and as a table', async () => {
    const page = await open();
    await page.locator('#network-rate canvas').waitFor(WAIT);
    await page.click('#network-rate summary');
    expect(await text(page, '#network-rate tbody')).to.match(/^8\s.*125 M\s+2 of 3\n7\s.*143 M/);
    await page.close();
  });

  it('says why it has no answer, and offers the rounds that it has', async () => {
    for (const query of ['?round=3', `?round=3&submitter=${CHEATER}`]) {
      const page = await open(query);
      const select = page.locator('#round');
      expect(await text(page, '#status')).to.equal('round 3 is forgotten');
      expect(await select.locator('option').allInnerTexts()).to.deep.equal(['8', '7']);
      expect(await select.inputValue()).to.equal('');
      await select.selectOption('8');
      await page.locator('#submitters-note', { hasText: /1000 submitters/ }).waitFor(WAIT);
      await page.goBack();
      await page.locator('#status', { hasText: /^round 3 is forgotten$/ }).waitFor(WAIT);
      await until(async () => (await select.inputValue()) === '');
      await page.close();
    }
  });

  it('is refreshed each half minute while it is seen, without a move', async () => {
    // Its clock is moved for all pages of a browser.
    const another = await openBrowser();
    try {
      await another.context.clock.install();
      const page = await another.context.newPage();
      await page.goto(`${served.url}/dashboard/network?round=7`, WAIT);
      await page.locator('#submitters-note', { hasText: /^2 submitters/ }).waitFor(WAIT);
      await page.evaluate("document.querySelector('#submitters tr').id = 'same'");
      const before = asked.length;
      await page.clock.runFor(31_000);
      await until(() => asked.length > before);
      expect(await page.locator('#same').count()).to.equal(1);
    } finally {
      await another.close();
    }
  });

  for (const [size, width, height] of [
    ['a desktop', 1280, 900],
    ['a phone', 390, 844],
  ] as const) {
    it(`moves next to nothing on ${size}, and fits it`, async () => {
      for (const query of ['', `?round=7&submitter=${CHEATER}`]) {
        const page = await open(query, async (made) => {
          await made.setViewportSize({ width, height });
          await made.addInitScript(OBSERVER);
          // The page must be painted before its script runs.
          await made.route('**/dashboard/network.js', async (route) => {
            await until(() => made.evaluate<boolean>(IS_PAINTED));
            await route.continue();
          });
        });
        await page.locator('#network-rate canvas').waitFor(WAIT);
        await page.waitForTimeout(1500);
        const shift = await page.evaluate<number>('window.shift');
        expect(shift, query).to.be.below(MOST_SHIFT);
        console.log(`      layout shift ${shift.toFixed(4)}`);
        const overflow = await page.evaluate<number>(
          'document.documentElement.scrollWidth - innerWidth',
        );
        expect(overflow).to.be.at.most(0);
        await page.close();
      }
    });
  }
});
