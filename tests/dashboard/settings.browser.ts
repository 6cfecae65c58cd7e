import { readFileSync, writeFileSync } from 'node:fs';
import { expect } from 'chai';
import type { Page } from 'playwright-core';
import type { SimulatedNode } from '../../simulator';
import type { SettingsDocument } from '../../src/dashboard/browser/requests';
import type { SettingsAnswer } from '../../src/http/routes/settings';
import { startTaskNetwork, type TaskNetwork } from '../fixtures/network';
import { eventually } from '../fixtures/until';
import { restNow } from '../fixtures/standalone';
import { freePort } from '../sdk-stand-in/http';
import { openBrowser, printedAddress, type Browser } from './browser';

const WAIT = { timeout: 60_000 };
const SECRET = 'correct-horse-battery';
const RPC_SECRET = 'staple';
const TOPIC_SECRET = 'my-secret-topic';

/** The bundle on a node that passes it no variables at all, like the desktop node. */
describe('the settings in a browser', function () {
  this.timeout(180_000);
  let network: TaskNetwork;
  let node: SimulatedNode;
  let browser: Browser;
  let page: Page;

  before(async () => {
    network = await startTaskNetwork({ nodes: 1, rounds: 0, roundSeconds: 20, env: () => ({}) });
    node = network.nodes[0]!;
    browser = await openBrowser();
  });
  after(async () => {
    await browser?.close();
    await network.dispose();
  });
  beforeEach(async () => {
    page = await browser.context.newPage();
    await open();
  });
  afterEach(() => page.close());

  /** Opens the page at the address in the task's log. */
  async function open(): Promise<void> {
    await eventually(async () => {
      const address = printedAddress(node.logPath);
      return address && (await page.goto(address).catch(() => undefined));
    });
    await page.locator('#settings-form').waitFor(WAIT);
  }

  async function text(selector: string, expected: RegExp): Promise<void> {
    await page.locator(selector, { hasText: expected }).waitFor(WAIT);
  }

  async function choose(values: Record<string, string>): Promise<void> {
    for (const [name, value] of Object.entries(values)) {
      const input = page.locator(`#${name}`);
      const isChoice = (await page.locator(`select#${name}`).count()) > 0;
      await (isChoice ? input.selectOption(value) : input.fill(value));
    }
    await page.click('#settings-save');
  }

  /** The settings as the task gives them. */
  async function document(): Promise<SettingsDocument> {
    const address = new URL(printedAddress(node.logPath)!);
    const response = await fetch(`${address.origin}/settings`, {
      headers: {
        authorization: `Bearer ${address.searchParams.get('token')}`,
        'x-orca-control': '1',
      },
    });
    const answer = (await response.json()) as SettingsAnswer;
    // The page has its own types: this test keeps them in line with the task's.
    return answer as SettingsDocument satisfies SettingsAnswer;
  }

  async function chosen(): Promise<Record<string, string>> {
    const { settings } = await document();
    const own = settings.filter(({ from }) => from === 'page');
    return Object.fromEntries(own.map(({ name, value }) => [name, value]));
  }

  async function killTask(): Promise<void> {
    node.process.kill('SIGKILL');
    await text('#state', /^Stale$/);
    await eventually(() => node.process.pid === undefined || undefined);
  }

  /** The dashboard's address, once it is printed for a port. */
  function printedFor(port: number): Promise<string> {
    return eventually(() => {
      const printed = printedAddress(node.logPath);
      return printed?.includes(`:${port}/`) ? printed : undefined;
    });
  }

  async function round(): Promise<number> {
    return Number(await page.textContent('#round'));
  }

  it('are all there with their defaults, and none is fixed, where the node sets nothing', async () => {
    const { settings, problem, restart } = await document();
    expect(settings.length).to.be.at.least(20);
    for (const setting of settings) {
      const { name, meaning } = setting;
      expect(setting.from, name).to.equal('default');
      expect(await page.inputValue(`#${name}`), name).to.equal('');
      expect(await page.isEnabled(`#${name}`), name).to.equal(true);
      expect(await page.textContent(`#${name}-meaning`)).to.include(meaning);
    }
    expect(problem).to.equal(null);
    expect(restart).to.deep.equal({ needed: false, offered: true });
  });

  it('act at once: the intensity, by the form and by the slider, which agree', async () => {
    await choose({ MINING_INTENSITY: '20' });
    await text('#settings-status', /MINING_INTENSITY acts at once/);
    await text('#intensity-value', /^20 %$/);
    await page.locator('#intensity').focus();
    await page.keyboard.press('ArrowRight');
    await text('#intensity-value', /^21 %$/);
    await eventually(
      async () => (await page.inputValue('#MINING_INTENSITY')) === '21' || undefined,
    );
    expect(await chosen()).to.deep.equal({ MINING_INTENSITY: '21' });
  });

  it('act at once: the schedule', async () => {
    const hours = restNow();
    await choose({ MINING_SCHEDULE: `${hours} utc` });
    await text('#state', new RegExp(`^Resting until ${hours.slice(0, 5)} \\(UTC\\)$`));
    await eventually(
      async () => (await page.inputValue('#MINING_SCHEDULE')) === `${hours} UTC` || undefined,
    );
    await choose({ MINING_SCHEDULE: '' });
    await text('#state', /^(Mining|Waiting for a round)$/);
  });

  it('act with the next round: the threads', async () => {
    const threads = (await page.textContent('#rate-note')) ?? '';
    const wanted = threads.startsWith('2 ') ? 3 : 2;
    const before = await round();
    await choose({ MINING_THREADS: String(wanted) });
    await text('#settings-status', /MINING_THREADS acts with the next round/);
    await text('#rate-note', new RegExp(`^${wanted} threads `));
    expect(await round()).to.be.greaterThan(before);
  });

  it('act after the restart that the page offers: the port', async () => {
    const before = await chosen();
    const port = await freePort();
    await choose({ API_PORT: String(port) });
    await text('#restart-text', /^API_PORT acts after a restart\. This page is then where/);
    await page.click('#restart-offer');
    await page.click('#restart-confirm');
    await text('#state', /^Stale$/);
    const address = await printedFor(port);
    expect(node.exits.map(({ code, requested }) => [code, requested])).to.deep.equal([[0, false]]);
    await page.goto(address);
    await page.locator('#settings-form').waitFor(WAIT);
    expect(await page.isVisible('#restart')).to.equal(false);
    expect(await chosen()).to.deep.equal({ ...before, API_PORT: String(port) });
  });

  it('go on in the same page after a restart', async () => {
    await choose({ API_RATE_LIMIT: '2000' });
    await page.fill('#MINING_SECONDS', '77');
    await page.click('#restart-offer');
    await page.click('#restart-confirm');
    await text('#notice', /was restarted/);
    await page.locator('#restart').waitFor({ state: 'hidden' });
    expect(await page.inputValue('#API_RATE_LIMIT')).to.equal('2000');
    // The unsaved entry is still there.
    expect(await page.inputValue('#MINING_SECONDS')).to.equal('77');
  });

  it('are refused in their place, with what was expected', async () => {
    const before = await chosen();
    await choose({ MINING_THREADS: 'many', MINING_SCHEDULE: '25:00-07:00', MINING_SECONDS: '60' });
    await text('#MINING_THREADS-error', /expected a whole number from 0 to 256, got "many"/);
    await text('#MINING_SCHEDULE-error', /expected hours such as 22:00-07:00/);
    expect(await page.isVisible('#MINING_SECONDS-error')).to.equal(false);
    expect(await chosen()).to.deep.equal(before);
  });

  it('are every one of them changed by the form, and outlive a kill', async () => {
    const values: Record<string, string> = {
      MINING_THREADS: '1',
      MINING_BACKEND: 'js',
      MINING_INTENSITY: '15',
      MINING_SCHEDULE: restNow(),
      MINING_SECONDS: '3600',
      WORK_SOURCE: 'bitcoin',
      BITCOIN_RPC_URL: `http://satoshi:${RPC_SECRET}@127.0.0.1:${await freePort()}`,
      BITCOIN_COOKIE_FILE: '/nowhere/.cookie',
      PAYOUT_ADDRESS: 'bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4',
      API_HOST: 'localhost',
      API_ALLOWED_HOSTS: 'miner.lan',
      API_PORT: String(await freePort()),
      API_RATE_LIMIT: '5000',
      STRATUM_HOST: '0.0.0.0',
      STRATUM_PORT: String(await freePort()),
      STRATUM_PASSWORD: SECRET,
      STRATUM_MAX_CONNECTIONS: '99',
      STRATUM_TLS_CERT: '/nowhere/cert.pem',
      STRATUM_TLS_KEY: '/nowhere/key.pem',
      NOTIFY_URL: `http://127.0.0.1:${await freePort()}/${TOPIC_SECRET}`,
      LOG_LEVEL: 'debug',
    };
    const { settings } = await document();
    expect(Object.keys(values)).to.have.members(settings.map(({ name }) => name));
    await choose(values);
    await text('#settings-status', /^Saved/);
    const shown = { ...values, STRATUM_PASSWORD: '', BITCOIN_RPC_URL: '', NOTIFY_URL: '' };
    expect(await chosen()).to.deep.equal(shown);

    await killTask();
    node.process.start();
    await printedFor(Number(values['API_PORT']));
    await open();
    expect(await chosen()).to.deep.equal(shown);
    for (const [name, value] of Object.entries(shown)) {
      expect(await page.inputValue(`#${name}`), name).to.equal(value);
    }
    expect(await page.getAttribute('#STRATUM_PASSWORD', 'placeholder')).to.match(/^set/);
    expect(await page.getAttribute('#BITCOIN_RPC_URL', 'placeholder')).to.match(/^set/);
    const said = JSON.stringify(await document());
    for (const secret of [SECRET, RPC_SECRET, TOPIC_SECRET]) expect(said).not.to.include(secret);
    // The certificate can't be read.
    await text('#stratum-note', /isn't served: the task's log says why/);
    await text('#state', /^Resting until \d\d:00 \(.+\)$/);
    await text('#intensity-value', /^15 %$/);
  });

  it('are what they were last where the file is half written, and the page says so', async () => {
    const before = await chosen();
    await killTask();
    const file = `${node.storePath}.settings`;
    writeFileSync(file, readFileSync(file, 'utf8').slice(0, 40));
    node.process.start();
    await text('#settings-problem', /what was good last is used/);
    expect(await chosen()).to.deep.equal(before);
    await choose({ MINING_SECONDS: '1800' });
    await text('#settings-status', /^Saved/);
    expect(await page.isVisible('#settings-problem')).to.equal(false);
    expect(await chosen()).to.deep.equal({ ...before, MINING_SECONDS: '1800' });
  });

  it('are for who has the token: others get no form, and no answer', async () => {
    await browser.context.clearCookies();
    await page.goto(new URL(page.url()).origin);
    await text('#settings-note', /by the address that the task prints/);
    expect(await page.isVisible('#settings-form')).to.equal(false);
    expect(await page.isDisabled('#intensity')).to.equal(true);
    for (const method of ['GET', 'PUT']) {
      const status = await page.evaluate<number>(
        `fetch('/settings', {
          method: '${method}',
          headers: { 'X-Orca-Control': '1', 'Content-Type': 'application/json' },
          ${method === 'PUT' ? "body: '{}'," : ''}
        }).then(({ status }) => status)`,
      );
      expect(status, method).to.equal(403);
    }
  });
});
