import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect } from 'chai';
import type { Page } from 'playwright-core';
import { renderPage } from '../../../cli/simulate/report-page';
import { deriveKeyPair } from '../../../simulator';
import { openBrowser, seriousViolations, type Browser } from '../../dashboard/browser';
import { shownReport } from './shown-report';

const WIDTHS = [360, 390, 1280];

describe('the page of a run in a browser', function () {
  this.timeout(60_000);
  let directory: string;
  let browser: Browser;
  let page: Page;

  before(async () => {
    directory = mkdtempSync(path.join(os.tmpdir(), 'report-page-'));
    const file = path.join(directory, 'report.html');
    const keys = ['a', 'b', 'c'].map((seed) => deriveKeyPair(seed).publicKey);
    writeFileSync(file, renderPage(shownReport(keys)));
    browser = await openBrowser();
    page = await browser.context.newPage();
    await page.goto(pathToFileURL(file).href);
    // Folded sections are checked too.
    await page.evaluate(
      `document.querySelectorAll('details').forEach((details) => (details.open = true))`,
    );
  });

  after(async () => {
    await browser?.close();
    rmSync(directory, { recursive: true, force: true });
  });

  for (const width of WIDTHS) {
    it(`is as wide as a window of ${width} pixels: what is wider scrolls in a box of its own`, async () => {
      await page.setViewportSize({ width, height: 800 });
      const wide = await page.evaluate<number>('document.documentElement.scrollWidth');
      expect(wide).to.be.at.most(width);
    });

    it(`wraps no key, and no column to a few letters, at ${width} pixels`, async () => {
      await page.setViewportSize({ width, height: 800 });
      const heights = await page.evaluate<number[]>(
        `[...document.querySelectorAll('td code')]
          .filter((key) => key.textContent.length < 50)
          .map((key) => key.getBoundingClientRect().height)`,
      );
      expect(heights).to.have.length(3);
      // The height of one line.
      expect(Math.max(...heights)).to.be.below(30);
      const narrow = await page.evaluate<string[]>(
        `[...document.querySelectorAll('th, td, td code, .text')].flatMap((place) => {
          const range = document.createRange();
          range.selectNodeContents(place);
          const tops = [...range.getClientRects()].map(({ top, height }) => Math.round(top + height / 2));
          const lines = new Set(tops).size;
          const text = place.textContent.trim();
          return lines > 3 + text.length / 12 ? [text.slice(0, 40) + ': ' + lines + ' lines'] : [];
        })`,
      );
      expect(narrow).to.deep.equal([]);
    });
  }

  it('has charts whose text can be read on a phone', async () => {
    await page.setViewportSize({ width: 360, height: 800 });
    const heights = await page.evaluate<number[]>(
      `[...document.querySelectorAll('figure text')].map((text) => text.getBoundingClientRect().height)`,
    );
    expect(heights).not.to.deep.equal([]);
    expect(Math.min(...heights)).to.be.at.least(9);
  });

  it('shuts nobody out, by what axe-core can tell', async () => {
    await page.setViewportSize({ width: 390, height: 800 });
    expect(await seriousViolations(page)).to.deep.equal([]);
  });
});
