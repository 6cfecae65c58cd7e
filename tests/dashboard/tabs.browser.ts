import { expect } from 'chai';
import type { Page } from 'playwright-core';
import { eventually } from '../fixtures/until';
import { openBrowser, type Browser } from './browser';
import { serveDashboard, TOKEN, type Served } from './served';

/** One more than the connections a browser opens to one origin. */
const TABS = 7;
const WAIT = { timeout: 30_000 };

/** Hides or shows a page as switching tabs does: in a headless browser every page counts as visible. */
async function setSeen(page: Page, isSeen: boolean): Promise<void> {
  await page.evaluate(
    `Object.defineProperty(document, 'hidden', { value: ${!isSeen}, configurable: true });
     Object.defineProperty(document, 'visibilityState', { value: '${isSeen ? 'visible' : 'hidden'}', configurable: true });
     document.dispatchEvent(new Event('visibilitychange'));`,
  );
}

describe('seven tabs of the dashboard in one browser', function () {
  this.timeout(120_000);
  let served: Served;
  let browser: Browser;
  let tabs: Page[];

  before(async () => {
    served = await serveDashboard();
    browser = await openBrowser();
    tabs = await Promise.all(
      Array.from({ length: TABS }, async () => {
        const page = await browser.context.newPage();
        await page.goto(`${served.url}/?token=${TOKEN}`, WAIT);
        return page;
      }),
    );
  });
  after(async () => {
    await browser?.close();
    await served.close();
  });

  it('all show how things stand, and go on to', async () => {
    for (const page of tabs) await page.locator('#pause:enabled').waitFor(WAIT);
    await served.node.settings.change({ MINING_INTENSITY: 23 });
    for (const page of tabs) await text(page, '#intensity-value', /^23 %$/);
    // Ten seconds, long enough for each to have had its turns: nobody may become stale meanwhile.
    for (let i = 0; i < 50; i++) {
      await tabs[0]!.waitForTimeout(200);
      for (const page of tabs) expect(await page.textContent('#state')).not.to.equal('Stale');
      expect(served.streams()).to.be.at.most(5);
    }
  });

  it('leave room for the controls and for the API', async () => {
    const last = tabs[TABS - 1]!;
    await last.click('#pause:enabled', WAIT);
    for (const page of tabs) await text(page, '#state', /^Paused$/);
    await last.click('#pause');
    for (const page of tabs) await text(page, '#state', /^Waiting/);
    const status = await last.evaluate<number>(`fetch('/healthz').then(({ status }) => status)`);
    expect(status).to.be.oneOf([200, 503]);
  });

  it('have no stream while out of sight, draw nothing, and come back without a gap', async () => {
    const [back, ...others] = tabs as [Page, ...Page[]];
    const { settings, history } = served.node;
    for (const page of tabs) await page.locator('#hashrate summary').click();
    for (const page of [back, ...others.slice(1)]) await setSeen(page, false);
    await eventually(() => served.streams() === 1);
    const [seen] = others as [Page];
    const before = history.samples.last;
    await settings.change({ MINING_INTENSITY: 24 });
    await text(seen, '#intensity-value', /^24 %$/);
    await eventually(() => history.samples.last > before + 1 || undefined);
    expect(await back.textContent('#intensity-value')).to.equal('23 %');

    await setSeen(back, true);
    await text(back, '#intensity-value', /^24 %$/);
    expect(await back.textContent('#state')).to.match(/^Waiting/);
    const rows = (page: Page): Promise<string> => page.locator('#hashrate tbody').innerText();
    await eventually(async () => (await rows(back)) === (await rows(seen)) || undefined);
    expect((await rows(back)).split('\n').length).to.be.greaterThan(2);
    expect(served.streams()).to.be.at.most(2);
  });

  it('wait for no answer for ever, and say so', async () => {
    const page = tabs[1]!;
    await page.route('**/dashboard/control', () => undefined);
    await page.click('#pause:enabled', WAIT);
    await text(page, '#controls-note', /^The task did not answer within 10 s/);
    await page.unroute('**/dashboard/control');
  });

  async function text(page: Page, selector: string, expected: RegExp): Promise<void> {
    await page.locator(selector, { hasText: expected }).waitFor(WAIT);
  }
});
