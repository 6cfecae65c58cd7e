import { expect } from 'chai';
import type { Page } from 'playwright-core';
import { seed } from '../fixtures/template';
import { openBrowser, seriousViolations, type Browser } from './browser';
import { serveDashboard, TOKEN, type Served } from './served';

const WAIT = { timeout: 30_000 };

describe('the dashboard of a node that stands alone', function () {
  this.timeout(60_000);
  let served: Served;
  let browser: Browser;
  let page: Page;

  before(async () => {
    served = await serveDashboard();
    void served.node.miner.mine(4, seed, Infinity);
    browser = await openBrowser();
    page = await browser.context.newPage();
    await page.goto(`${served.url}/?token=${TOKEN}`);
    await text('#state', /^Mining$/);
  });
  after(async () => {
    await browser?.close();
    await served.close();
  });

  async function text(selector: string, expected: RegExp): Promise<void> {
    await page.locator(selector, { hasText: expected }).waitFor(WAIT);
  }

  it('promises no rewards, no windows, and no audits of its own', async () => {
    await text('#audits', /^Nobody has asked this node for an audit yet$/);
    const seen = await page.locator('body').innerText();
    expect(seen).not.to.match(/reward|tokens|paid|are submitted/i);
    expect(await page.locator('#phases').isVisible()).to.equal(false);
  });

  it('says while it is paused that nothing is mined', async () => {
    await text('#round-text', /^Mining goes on until the next round starts\.$/);
    await page.click('#pause');
    await text('#round-text', /^Mining is paused: what was found is kept\.$/);
    await page.click('#pause');
    await text('#round-text', /^Mining goes on/);
  });

  it('says what the task takes of its machine', async () => {
    await text('#usage-cpu', /^\d+ % of one core$/);
    await text('#usage-memory', /^[\d.]+ MB$/);
    await text('#usage-uptime', /^\d/);
  });

  it('leaves no hole at any width, and shuts nobody out', async () => {
    for (const width of [1280, 800, 375]) {
      await page.setViewportSize({ width, height: 800 });
      expect(await page.evaluate('document.documentElement.scrollWidth')).to.be.at.most(width);
      // The last card of each row ends where the page ends.
      const ends = await page.evaluate<number[]>(`(() => {
        const rows = new Map();
        for (const card of document.querySelectorAll('.card')) {
          const { top, right, width } = card.getBoundingClientRect();
          if (width > 0) rows.set(Math.round(top), Math.max(rows.get(Math.round(top)) ?? 0, Math.round(right)));
        }
        return [...new Set(rows.values())];
      })()`);
      expect(ends, `at ${width}`).to.have.length(1);
    }
    expect(await seriousViolations(page)).to.deep.equal([]);
  });
});
