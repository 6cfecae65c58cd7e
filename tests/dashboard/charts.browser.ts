import { expect } from 'chai';
import type { Page } from 'playwright-core';
import { eventually } from '../fixtures/until';
import { reward } from '../fixtures/rewards';
import { seed } from '../fixtures/template';
import { openBrowser, type Browser } from './browser';
import { hourlyFromNow, serveDashboard, TOKEN, type Served } from './served';

/** Records the text drawn on each chart, since a canvas can't be read. */
const RECORDER = `
  window.drawn = {};
  const { fillText } = CanvasRenderingContext2D.prototype;
  CanvasRenderingContext2D.prototype.fillText = function (text, ...rest) {
    const { id } = this.canvas.closest('figure');
    (window.drawn[id] ??= []).push(String(text));
    return fillText.call(this, text, ...rest);
  };`;

const ROUND = 41;

describe('the charts of the dashboard', function () {
  this.timeout(60_000);
  let served: Served;
  let browser: Browser;
  let page: Page;

  before(async () => {
    served = await serveDashboard({ roundTimes: hourlyFromNow() });
    served.node.history.rewarded(reward(ROUND, 500_000_000));
    // At the low intensity of a served node the first share may take a minute on a busy machine.
    await served.node.settings.change({ MINING_INTENSITY: 100 });
    void served.node.miner.mine(ROUND + 2, seed, Infinity);
    browser = await openBrowser();
    page = await browser.context.newPage();
    await page.addInitScript(RECORDER);
    await page.goto(`${served.url}/?token=${TOKEN}`);
  });
  after(async () => {
    await browser?.close();
    await served.close();
  });

  function drawn(chart: string): Promise<string[]> {
    return eventually(() => page.evaluate<string[] | undefined>(`window.drawn['${chart}']`));
  }

  it('name the units of their axes', async () => {
    const units = {
      hashrate: ['time of day', 'H/s'],
      proof: ['time of day', 'hashes'],
      finds: ['time of day', 'difficulty'],
      rewards: ['round', 'tokens'],
    };
    for (const [chart, [across, up]] of Object.entries(units)) {
      expect(await drawn(chart), chart).to.include.members([across, up]);
    }
  });

  it('draw a single reward on an axis of a few rounds from its own on', async () => {
    const numbers = (await drawn('rewards')).map(Number).filter((number) => number > 1);
    expect(numbers).to.include(ROUND + 1);
    for (const number of numbers) expect(number).to.be.within(ROUND, ROUND + 12);
  });

  it('draw their first moments on an axis of seconds, not of a day', async () => {
    for (const chart of ['hashrate', 'proof']) {
      const times = (await drawn(chart)).filter((text) => text.includes(':'));
      expect(times, chart).not.to.deep.equal([]);
      for (const time of times) expect(time, chart).to.match(/^\d\d:\d\d:\d\d$/);
    }
  });

  it("stand beside a round whose time runs on while its mining is paused, and don't say that it goes on", async () => {
    const says = (expected: RegExp): Promise<void> =>
      page.locator('#round-text', { hasText: expected }).waitFor();
    await says(/^Being mined: its proof grows/);
    await page.click('#pause:enabled');
    await says(/^Mining is paused: what was found is kept, and the round's time runs on without/);
    expect(await page.textContent('#round-left')).to.match(/^\d h \d+ min left$/);
    await page.click('#pause');
    await says(/^Being mined/);
  });

  it('stand below the valid shares of this round, those of all rounds apart', async () => {
    const shares = page.locator('section.card', { has: page.locator('#count') });
    expect(await shares.innerText()).to.match(/^Valid shares this round\s+\d+\s+\d+ rejected$/);
    expect(await page.textContent('#verdicts-note')).to.match(/Of all rounds: \d+ valid, \d+ rej/);
  });
});
