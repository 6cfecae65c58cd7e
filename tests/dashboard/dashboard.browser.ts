import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import type { Page } from 'playwright-core';
import type { SimulatedNode } from '../../simulator';
import { BUNDLE } from '../fixtures/lone-task';
import { startTaskNetwork, type TaskNetwork } from '../fixtures/network';
import { mineShares, type Work } from '../fixtures/shares';
import { until } from '../fixtures/until';
import { changeSettings, openBrowser, seriousViolations, type Browser } from './browser';

const WAIT = { timeout: 30_000 };
/** A node that was started is up within this time. */
const UP_MS = 60_000;

/** A node that mines, run from the bundle, with rounds so long that none ends during a test. */
describe('the dashboard in a browser', function () {
  this.timeout(120_000);
  let network: TaskNetwork;
  let node: SimulatedNode;
  let browser: Browser;
  let page: Page;
  let origin: string;
  /** With the token, as the task prints it. */
  let address: string;
  let errors: string[];
  let strangers: string[];

  let directory: string;

  before(async () => {
    directory = mkdtempSync(path.join(os.tmpdir(), 'dashboard-'));
    const task = path.join(directory, 'main.js');
    const moving = path.join(__dirname, '../fixtures/moving-clock.js');
    writeFileSync(task, readFileSync(moving, 'utf8') + readFileSync(BUNDLE, 'utf8'));
    network = await startTaskNetwork({
      nodes: 1,
      rounds: 0,
      roundSeconds: 3600,
      task,
    });
    node = network.nodes[0]!;
    origin = `http://127.0.0.1:${node.env['API_PORT']}`;
    browser = await openBrowser();
    await until(async () => {
      const up = await fetch(`${origin}/task/0`).catch(() => undefined);
      return up?.ok ?? false;
    }, UP_MS);
    const token = readFileSync(`${node.storePath}.control-token`, 'utf8').trim();
    address = `${origin}/?token=${token}`;
    const eased = await changeSettings(address, { MINING_INTENSITY: '30' });
    expect(eased.status).to.equal(200);
  });

  after(async () => {
    await browser?.close();
    await network.dispose();
    rmSync(directory, { recursive: true });
  });

  beforeEach(async () => {
    errors = [];
    strangers = [];
    page = await browser.context.newPage();
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) errors.push(message.text());
    });
    page.on('pageerror', (error) => errors.push(String(error)));
    page.on('request', (request) => {
      if (!request.url().startsWith(`${origin}/`)) strangers.push(request.url());
    });
    await page.goto(address);
    await text('#rate', /\d/);
  });

  afterEach(() => page.close());

  /** Waits until an element's text is as expected. */
  async function text(selector: string, expected: RegExp): Promise<void> {
    await page.locator(selector, { hasText: expected }).waitFor(WAIT);
  }

  /** Waits until an element's text changes. */
  async function moves(selector: string): Promise<void> {
    const before = await page.textContent(selector);
    await until(async () => (await page.textContent(selector)) !== before);
  }

  it('leaves the token out of its address, and has the controls by it', async () => {
    expect(page.url()).to.equal(`${origin}/`);
    await page.locator('#pause:enabled').waitFor(WAIT);
    await page.goto(`${origin}/?token=${'0'.repeat(32)}`);
    expect(page.url()).to.equal(`${origin}/`);
    // The cookie that the right token gave stays valid.
    await page.locator('#pause:enabled').waitFor(WAIT);
  });

  it('may be read without the token, and says where the controls are', async () => {
    await browser.context.clearCookies();
    await page.goto(`${origin}/`);
    await text('#rate', /\d/);
    await text('#controls-note', /by the address that the task prints/);
    expect(await page.locator('#pause').isDisabled()).to.equal(true);
    expect(errors).to.deep.equal([]);
  });

  it('lets a page of another site do nothing but lead here', async () => {
    await browser.context.clearCookies();
    const other = http.createServer((_request, response) => {
      response.setHeader('content-type', 'text/html').end(`<a href="${address}">here</a>`);
    });
    other.listen(0, '127.0.0.1');
    await once(other, 'listening');
    try {
      // Under another host name, so that it is another site as well.
      await page.goto(`http://localhost:${(other.address() as AddressInfo).port}/`);
      const statuses: number[] = [];
      page.on('response', (response) => {
        if (response.url().startsWith(origin)) statuses.push(response.status());
      });
      await page.evaluate(
        `Promise.allSettled([
          fetch('${origin}/task/5', { method: 'POST', mode: 'no-cors' }),
          fetch('${origin}/healthz', { method: 'POST', mode: 'no-cors' }),
          fetch('${origin}/task?worker_id=x', { mode: 'no-cors' }),
          fetch('${origin}/dashboard/events', { mode: 'no-cors' }),
          fetch('${origin}/settings', { mode: 'no-cors', credentials: 'include' }),
          new Promise((resolve) => {
            const frame = document.createElement('iframe');
            frame.src = '${origin}/task?worker_id=z';
            frame.onload = resolve;
            document.body.append(frame);
          }),
        ])`,
      );
      expect(statuses).to.deep.equal([403, 403, 403, 403, 403, 403]);

      await page.click('a');
      await page.locator('#pause:enabled').waitFor(WAIT);
      expect(page.url()).to.equal(`${origin}/`);
    } finally {
      other.closeAllConnections();
      other.close();
    }
  });

  it('loads without an error and asks nobody else', async () => {
    await moves('#hashrate figcaption');
    expect(errors).to.deep.equal([]);
    expect(strangers).to.deep.equal([]);
    await text('#state', /^Mining$/);
    await text('#phase-list', /Submission window: .* left/);
    await text('#backends', /in use by 1 thread/);
    expect(await page.locator('canvas').count()).to.be.at.least(3);
  });

  it('shows numbers that move while the node mines', async () => {
    for (const selector of ['#rate', '#count', '#shares', '#finds figcaption', '#round-left']) {
      await moves(selector);
    }
    expect(errors).to.deep.equal([]);
  });

  /** Mines a share as a remote worker does, and submits it. @returns the round's number of shares before that */
  async function handIn(worker: string): Promise<number> {
    const answer = await fetch(`${origin}/task/0?worker_id=${worker}`);
    const task = (await answer.json()) as { valid_shares: number; work: Work };
    const [share] = mineShares(task.work, 1, worker);
    const posted = await fetch(`${origin}/submission/0`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(share),
    });
    expect(posted.status).to.equal(201);
    return task.valid_shares;
  }

  it('shows a share that comes over the API, and its worker', async () => {
    await handIn('rig-in-the-attic');
    await text('#shares', /rig-in-the-attic/);
    await text('#workers', /rig-in-the-attic.*\d+ s ago/);
  });

  it('pauses and resumes the hashing, by the keyboard alone', async () => {
    await page.keyboard.press('Tab');
    for (let tabs = 0; (await focused()) !== 'pause'; tabs++) {
      expect(tabs).to.be.below(20);
      await page.keyboard.press('Tab');
    }
    await page.keyboard.press('Enter');
    await text('#state', /^Paused$/);
    await text('#rate', /^0$/);
    // Hashes done before the pause are counted within a second. After that, two seconds must add none.
    await page.waitForTimeout(2000);
    const hashes = await hashesDone();
    await page.waitForTimeout(2000);
    expect(await hashesDone()).to.equal(hashes);

    await page.keyboard.press('Enter');
    await text('#state', /^Mining$/);
    await text('#rate', /[1-9]/);
    await page.keyboard.press('Tab');
    await page.keyboard.press('ArrowRight');
    await text('#intensity-value', /^31 %$/);
    await moves('#round-left');
    await page.reload();
    await text('#intensity-value', /^31 %$/);
  });

  it('shows as fixed what the environment sets', async () => {
    await page.locator('#settings-form').waitFor(WAIT);
    for (const name of ['MINING_THREADS', 'API_PORT']) {
      expect(await page.isDisabled(`#${name}`), name).to.equal(true);
      expect(await page.inputValue(`#${name}`)).to.equal(node.env[name]);
      expect(await page.textContent(`#${name}-hint`)).to.equal('Set by the environment.');
    }
    expect(await page.isEnabled('#MINING_SECONDS')).to.equal(true);
  });

  it('says when the task is gone, and goes on by itself when it is back', async () => {
    // A kill may lose the node's own shares of the last seconds; an acknowledged share is on disk with all before it.
    const shares = await handIn('rig-in-the-cellar');
    node.process.kill('SIGKILL');
    await text('#state', /^Stale$/);
    await text('#notice', /Stale: the task has not answered since/);
    expect(await page.locator('#pause').isDisabled()).to.equal(true);

    await until(() => node.process.pid === undefined);
    node.process.start();
    await text('#notice', /was restarted/);
    await text('#state', /^Mining$/);
    await text('#rate', /[1-9]/);
    await moves('#count');
    expect(Number(await page.textContent('#count'))).to.be.at.least(shares + 1);
    expect(await page.locator('#pause').isDisabled()).to.equal(false);
  });

  it("goes on with its charts when the machine's clock is set, and takes that for no restart", async () => {
    await page.locator('#hashrate summary').click();
    const rows = page.locator('#hashrate tbody tr');
    await rows.nth(2).waitFor(WAIT);
    const before = await rows.count();
    /** A row's time, in minutes of the day. @param row 0 is the newest */
    const minutes = async (row = 0): Promise<number> => {
      const [hours, rest] = (await rows.nth(row).locator('td').first().textContent())!.split(':');
      return Number(hours) * 60 + Number(rest);
    };
    const between = (from: number, to: number): number => (to - from + 24 * 60) % (24 * 60);
    const at = await minutes();
    node.process.kill('SIGUSR2');
    await until(async () => between(at, await minutes()) >= 55);
    expect(await rows.count()).to.be.at.least(before);
    expect(between(at, await minutes(2))).to.be.at.least(55);
    expect(await page.locator('#notice').isHidden()).to.equal(true);
    await moves('#count');
  });

  it('says everything that a chart shows in words and in a table', async () => {
    for (const id of ['hashrate', 'proof', 'finds']) {
      await text(`#${id} figcaption`, /\d/);
      await page.locator(`#${id} summary`).click();
      await page.locator(`#${id} tbody tr td`).first().waitFor(WAIT);
    }
    await text('#stake', /\d/);
    await text('#stake-note', /^now; the minimum is [\d.]+$/);
    await text('#rewards figcaption', /two rounds later/);
  });

  for (const theme of ['light', 'dark'] as const) {
    for (const width of [1280, 375]) {
      it(`fits ${width} pixels in the ${theme} theme, and shuts nobody out`, async () => {
        await page.setViewportSize({ width, height: 800 });
        await page.locator('#theme').selectOption(theme);
        await page.locator('#hashrate summary').click();
        await moves('#hashrate figcaption');
        expect(await page.evaluate('document.documentElement.scrollWidth')).to.be.at.most(width);
        const background = await page.evaluate('getComputedStyle(document.body).backgroundColor');
        expect(background).to.equal(theme === 'light' ? 'rgb(244, 246, 248)' : 'rgb(13, 17, 23)');

        expect(await seriousViolations(page)).to.deep.equal([]);
        expect(errors).to.deep.equal([]);
      });
    }
  }

  function focused(): Promise<unknown> {
    return page.evaluate('document.activeElement.id');
  }

  async function hashesDone(): Promise<string> {
    const answer = await fetch(`${origin}/task/0`);
    return ((await answer.json()) as { hashes_done: string }).hashes_done;
  }
});
