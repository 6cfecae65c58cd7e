import { expect } from 'chai';
import type { Page } from 'playwright-core';
import { reward } from '../fixtures/rewards';
import { seed } from '../fixtures/template';
import { openBrowser, seriousViolations, type Browser } from './browser';
import { hourlyFromNow, serveDashboard, TOKEN, type Served } from './served';

const WAIT = { timeout: 30_000 };

describe('the first row of the dashboard', function () {
  this.timeout(60_000);
  let served: Served;
  let browser: Browser;
  let page: Page;

  before(async () => {
    served = await serveDashboard({
      roundTimes: hourlyFromNow(),
      env: { WORK_SOURCE: 'bitcoin' },
      account: () =>
        Promise.resolve({
          stakeRoe: 1_900_000_000n,
          minimumStakeRoe: 2_000_000_000n,
          claimableRoe: 750_000_000n,
        }),
    });
    browser = await openBrowser();
    page = await browser.context.newPage();
    await page.goto(`${served.url}/?token=${TOKEN}`);
  });
  after(async () => {
    await browser?.close();
    await served.close();
  });

  async function text(selector: string, expected: RegExp): Promise<void> {
    await page.locator(selector, { hasText: expected }).waitFor(WAIT);
  }

  it('invents nothing before it knows a round', async () => {
    await text('#stake', /^1\.9000$/);
    for (const id of ['per-day', 'expected', 'reward', 'network-share']) {
      await text(`#${id}`, /^–$/);
    }
    await text('#earned-note', /^no paid round is known yet; 0\.7500 claimable$/);
    await text('#expected-note', /^the network's work is not known yet$/);
  });

  it('says what is earned, and from which rounds each figure is', async () => {
    const { history, miner, settings } = served.node;
    history.rewarded(reward(41, 1_000_000_000));
    history.rewards.settled(41, 'paid', 500_000_000n);
    history.rewarded(reward(42, 1_500_000_000));
    await text('#earned', /^0\.5000$/);
    await text('#earned-today', /^0\.5000$/);
    await text('#earned-note', /^1 paid round since .+; 0\.7500 claimable$/);
    // 2 tokens in two rounds of 8 minutes.
    await text('#per-day', /^180\.0000$/);
    await text('#per-day-note', /^at the rate of rounds 41 to 42$/);
    await text('#network-share', /^33 %$/);
    await text('#network-share-note', /^of what was proven in rounds 41 to 42$/);
    await text('#reward', /^1\.5000$/);
    await text('#reward-note', /^round 42, not paid yet; 3 of 3 proofs valid$/);
    await settings.change({ MINING_INTENSITY: 100 });
    void miner.mine(44, seed, Infinity);
    await text('#expected-note', /^the round's end is not known yet$/);
    await text('#expected', /^–$/);
    miner.expectEnd(120_000);
    await text('#expected', /^<?0\.\d{4}$/);
    await text('#expected-note', /^± \d+ %, if others do as in rounds 41 to 42$/);
  });

  it('has the hashrate as one figure with its parts, and the blocks where Bitcoin is wanted', async () => {
    await text('#rate', /[1-9]/);
    await text('#rate-note', /^1 thread [\d.]+ [kM]?H\/s; workers 0 H\/s$/);
    await text('#blocks', /^0$/);
    await text('#blocks-note', /^no chance now: the task's own headers are mined$/);
  });

  it('warns of a stake below the minimum', async () => {
    await text('#stake-note.bad', /^now; the minimum is 2\.0000$/);
  });

  it('offers the rewards as CSV', async () => {
    const download = page.waitForEvent('download');
    await page.getByRole('link', { name: 'The year as CSV' }).click();
    expect((await download).suggestedFilename()).to.equal('orca-rewards.csv');
  });

  it('keeps its notes within the room they have, at any width and in both themes', async () => {
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      for (const width of [1280, 800, 390, 375]) {
        await page.setViewportSize({ width, height: 900 });
        expect(await page.evaluate('document.documentElement.scrollWidth')).to.be.at.most(width);
        const wider = await page.evaluate<string[]>(`
          [...document.querySelectorAll('.earnings .value')]
            .filter((value) => value.scrollWidth > value.clientWidth)
            .map(({ textContent }) => textContent)`);
        expect(wider, `at ${width}`).to.deep.equal([]);
        const taller = await page.evaluate<string[]>(`
          [...document.querySelectorAll('.earnings .muted')].filter((note) => {
            const { minHeight } = getComputedStyle(note);
            return note.getBoundingClientRect().height > parseFloat(minHeight) + 1;
          }).map(({ id }) => id)`);
        expect(taller, `at ${width}`).to.deep.equal([]);
      }
      expect(await seriousViolations(page)).to.deep.equal([]);
    }
  });
});
