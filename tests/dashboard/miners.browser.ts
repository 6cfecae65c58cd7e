import { expect } from 'chai';
import type { Page } from 'playwright-core';
import { lanAddress } from '../../src/http/addresses';
import type { Environment } from '../../src/settings/schema';
import { StratumClient } from '../fixtures/stratum-client';
import { seed } from '../fixtures/template';
import { freePort } from '../sdk-stand-in/http';
import { openBrowser, seriousViolations, type Browser } from './browser';
import { serveDashboard, TOKEN, type Served } from './served';

const WAIT = { timeout: 30_000 };
const ROUND = 4;

/** What somebody may call a miner, though its server lets through only some of it. */
const NAMES = [
  '<img src=x onerror="document.title=1">',
  '</th><script>document.title=1</script>',
  'bell\u0007 null\u0000 escape\u001b[31m',
  'right\u202eto left',
  `${'x'.repeat(63)}y`,
];

describe('miners on the dashboard', function () {
  this.timeout(90_000);
  let browser: Browser;
  let page: Page;
  let served: Served;
  let errors: string[];

  before(async () => (browser = await openBrowser()));
  after(() => browser?.close());
  beforeEach(async () => {
    errors = [];
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

  /** Opens the page of a node that has tried to listen. */
  async function open(env: Environment = {}): Promise<void> {
    served = await serveDashboard({ env });
    await served.node.stratum.open(served.node.settings.current);
    await page.goto(`${served.url}/?token=${TOKEN}`);
    await text('#rate', /\d/);
  }

  async function text(selector: string, expected: RegExp): Promise<void> {
    await page.locator(selector, { hasText: expected }).waitFor(WAIT);
  }

  it('are told where to connect, and the owner how to let them in', async () => {
    const port = await freePort();
    await open({ STRATUM_PORT: String(port) });
    await text('#stratum-url', new RegExp(`^stratum\\+tcp://127\\.0\\.0\\.1:${port}$`));
    await text('#stratum-password', /^anything$/);
    await text('#stratum-count', /^0 connections$/);
    await text(
      '#stratum-note',
      /^Only programs on this machine .* STRATUM_HOST to 0\.0\.0\.0 in the/,
    );
    const lan = lanAddress();
    if (lan !== undefined) {
      expect(await page.textContent('#stratum-note')).to.include(
        `connect to stratum+tcp://${lan}:`,
      );
    }
    await page.click('#stratum-note a');
    await page.locator('#STRATUM_HOST').waitFor(WAIT);
  });

  it('are told the address in the local network, and that there is a password, but not which', async () => {
    await open({
      STRATUM_HOST: '0.0.0.0',
      STRATUM_PORT: String(await freePort()),
      STRATUM_PASSWORD: 'hunter2',
    });
    const lan = lanAddress() ?? '127.0.0.1';
    await text('#stratum-url', new RegExp(`^stratum\\+tcp://${lan}:\\d+$`));
    await text('#stratum-password', /^the one set as STRATUM_PASSWORD$/);
    await text('#stratum-note', /^Miners of the local network can connect\.$/);
    expect(await page.content()).not.to.include('hunter2');
  });

  it('are told where Stratum is off, or could not be had', async () => {
    await open({ STRATUM_PORT: '0' });
    await text('#stratum-note', /^Stratum is off\. To have it, set STRATUM_PORT to 3333 in the/);
    await text('#stratum-url', /^–$/);
    await page.goto('about:blank');
    await served.close();
    await open({ STRATUM_TLS_CERT: '/nowhere/cert.pem', STRATUM_TLS_KEY: '/nowhere/key.pem' });
    await text('#stratum-note', /^Stratum isn't served: the task's log says why\.$/);
  });

  it('are shown with what became of their shares, and the best of all', async () => {
    await open({ STRATUM_PORT: String(await freePort()) });
    const { miner, stratum, governor, bests } = served.node;
    // This machine's own shares would be better by chance.
    governor.pause();
    void miner.mine(ROUND, seed, Infinity);
    await text('#best-note', /^no share yet$/);
    const client = await StratumClient.mining(stratum.address!.port, 'bitaxe1', {
      password: 'd=0.0001',
    });
    try {
      await text('#stratum-count', /^1 connection$/);
      const job = await client.job();
      // All hashes count then: those of one version alone are a small part of what the kernel does.
      const rolling = { 'version-rolling.mask': '1fffe000' };
      await client.ask('mining.configure', [['version-rolling'], rolling]);
      const [share] = client.mine(job, 1, { rollsVersion: true });
      expect(await client.submit('bitaxe1', job, share!)).to.equal(true);
      expect(await client.submit('bitaxe1', job, share!)).to.include(22);
      expect(await client.submit('bitaxe1', { id: 'no such job' }, share!)).to.include(21);
      await text('#workers', /bitaxe1.*cpuminer\/2\.5\.1/);
      await text('#workers [data-label="Accepted"]', /^1$/);
      await text('#workers [data-label="Rejected"]', /^2: 1 duplicate, 1 stale$/);
      await text('#workers [data-label="Difficulty"]', /^0\.000100$/);
      await text('#workers [data-label="Last share"]', /^\d+ s ago$/);
      await text('#workers [data-label="Rate this round"]', /H\/s$/);
      await text('#best-note', /, round 4, by bitaxe1$/);
      expect(bests.ofNode).to.include({ hashValue: share!.hash, workerId: 'bitaxe1' });
      const best = await page.textContent('#best');
      for (const selector of [
        '#best-round',
        '[data-label="Best this round"]',
        '[data-label="Best ever"]',
      ]) {
        expect(await page.textContent(selector), selector).to.equal(best);
      }
    } finally {
      client.close();
    }
    await text('#stratum-count', /^0 connections$/);
  });

  for (const [width, theme] of [
    [1280, 'light'],
    [1000, 'dark'],
    [375, 'light'],
  ] as const) {
    it(`do nothing to the page by their names, and all can be read, at ${width} pixels`, async () => {
      await page.setViewportSize({ width, height: 800 });
      await page.emulateMedia({ colorScheme: theme });
      await open({ STRATUM_PORT: '0' });
      const { workers, bests } = served.node;
      for (const [i, name] of NAMES.entries()) {
        const worker = workers.prove(name);
        worker.agent = name;
        worker.works(ROUND, 1n << 200n);
        worker.reject('low_difficulty');
        worker.reject('stale');
        const share = { round: ROUND, hashValue: BigInt(9 - i) << 190n };
        worker.accept({ round: share.round, hashValue: share.hashValue, hashes: 1e15 });
        bests.note({ workerId: name, round: share.round, hashValue: share.hashValue });
      }
      await text('#workers', /xy/);
      const names = await page.locator('#workers th b').allTextContents();
      const agents = await page.locator('#workers th span').allTextContents();
      expect(names).to.have.members(NAMES);
      expect(agents).to.deep.equal(names);
      expect(await page.locator('#workers :is(img, script)').count()).to.equal(0);
      await text('#best-note', /, round 4, by x{63}y$/);
      expect(await page.title()).to.equal('Orca mining');

      expect(await page.evaluate('document.documentElement.scrollWidth')).to.be.at.most(width);
      // Nothing of the table is beside what is shown.
      const outside = await page.evaluate(`(() => {
        const scroll = document.querySelector('.workers').parentElement;
        const end = scroll.getBoundingClientRect().right;
        return [...scroll.querySelectorAll('tbody *')]
          .filter((cell) => cell.getBoundingClientRect().right > end + 1 || cell.scrollWidth > cell.clientWidth + 1)
          .filter((cell) => getComputedStyle(cell).display !== 'inline')
          .map((cell) => cell.outerHTML);
      })()`);
      expect(outside).to.deep.equal([]);
      expect(await seriousViolations(page)).to.deep.equal([]);
    });
  }
});
