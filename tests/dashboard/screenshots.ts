// Takes the pictures of docs/DASHBOARD.md and measures the figures it gives: npm run build, then
// npx tsx tests/dashboard/screenshots.ts
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Page } from 'playwright-core';
import { startTaskNetwork } from '../fixtures/network';
import { eventually, until } from '../fixtures/until';
import { mineShares, type Work } from '../fixtures/shares';
import { changeSettings, openBrowser, printedAddress } from './browser';

const IMAGES = path.join(__dirname, '../../docs/images');
const ROUND_SECONDS = 24;
const MINE_SECONDS = 170;

async function main(): Promise<void> {
  const network = await startTaskNetwork({
    nodes: 3,
    rounds: 0,
    roundSeconds: ROUND_SECONDS,
    seed: 'pictures',
    // No variables, as on a desktop node: settings are chosen on the page.
    env: () => ({}),
  });
  try {
    const addresses = await Promise.all(
      network.nodes.map(({ logPath }) => eventually(() => printedAddress(logPath))),
    );
    for (const address of addresses) {
      await changeSettings(address, { MINING_THREADS: '2', MINING_INTENSITY: '40' });
    }
    const [address] = addresses as [string];
    const { origin } = new URL(address);
    const minedUntil = performance.now() + MINE_SECONDS * 1000;
    while (performance.now() < minedUntil) {
      for (const worker of ['attic', 'garage', 'old-laptop']) await work(origin, worker);
      // The pace of remote workers.
      await sleep(2500);
    }
    const desktop = { name: 'desktop', width: 1280, height: 900 };
    const phone = { name: 'phone', width: 375, height: 812 };
    await picture(address, 'dark', desktop);
    await picture(address, 'light', phone);
    await picture(address, 'light', desktop, true);
    await picture(address, 'dark', phone, true);
    await pictureOfNetwork(origin, 'light', desktop);
    await pictureOfNetwork(origin, 'dark', phone);
  } finally {
    await network.dispose();
  }
}

/** Submits two shares of a remote worker; now and then one is invalid. */
async function work(origin: string, worker: string): Promise<void> {
  const round = await fetch(`${origin}/task?worker_id=${worker}`).catch(() => undefined);
  if (!round?.ok) return;
  const { work, round_number } = (await round.json()) as { work: Work; round_number: number };
  for (const share of mineShares(work, 2, worker)) {
    const isWrong = worker === 'old-laptop' && share.nonce.endsWith('1');
    await fetch(`${origin}/submission/${round_number}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ ...share, ...(isWrong && { nonce: '00000000' }) }),
    });
  }
}

async function picture(
  address: string,
  theme: 'light' | 'dark',
  { name, width, height }: { name: string; width: number; height: number },
  settingsToo = false,
): Promise<void> {
  const browser = await openBrowser({ width, height });
  try {
    const page = await browser.context.newPage();
    await page.emulateMedia({ colorScheme: theme });
    await page.addInitScript(SHIFTS);
    await page.goto(address);
    await page.locator('#rate', { hasText: /[1-9]/ }).waitFor();
    await page.locator('#phases').waitFor();
    await page.locator('#settings-form').waitFor();
    // Well into the round: at its beginning there is little to see.
    await until(async () => {
      const secondsLeft = Number.parseInt((await page.textContent('#round-left')) ?? '');
      return !(secondsLeft > ROUND_SECONDS / 3);
    }, 2000 * ROUND_SECONDS);
    console.log(name, theme, await figures(page));
    // The settings have a picture of their own.
    const y = await page.evaluate<number>(
      `document.getElementById('settings-title').closest('.card').getBoundingClientRect().top`,
    );
    await page.screenshot({
      path: path.join(IMAGES, `dashboard-${name}-${theme}.png`),
      fullPage: true,
      clip: { x: 0, y: 0, width, height: Math.floor(y) },
    });
    if (settingsToo) await pictureOfSettings(page, `settings-${name}-${theme}.png`);
  } finally {
    await browser.close();
  }
}

/** The newest listed round, with the first submitter chosen. */
async function pictureOfNetwork(
  origin: string,
  theme: 'light' | 'dark',
  { name, width, height }: { name: string; width: number; height: number },
): Promise<void> {
  const browser = await openBrowser({ width, height });
  try {
    const page = await browser.context.newPage();
    await page.emulateMedia({ colorScheme: theme });
    await page.addInitScript(SHIFTS);
    await page.goto(`${origin}/dashboard/network`);
    await page.locator('#network-rate canvas').waitFor();
    await page.locator('#submitters a').first().click();
    await page.locator('#why-proof').waitFor();
    console.log('network', name, theme, await figures(page));
    await page.screenshot({
      path: path.join(IMAGES, `network-${name}-${theme}.png`),
      fullPage: true,
    });
  } finally {
    await browser.close();
  }
}

/** The card with one setting that waits for a restart, and one that was refused. */
async function pictureOfSettings(page: Page, file: string): Promise<void> {
  await page.fill('#API_RATE_LIMIT', '2000');
  await page.click('#settings-save');
  await page.locator('#restart-offer').waitFor();
  await page.fill('#MINING_SCHEDULE', '22:00-25:00');
  await page.click('#settings-save');
  await page.locator('#MINING_SCHEDULE-error').waitFor();
  const card = page.locator('section.card', { has: page.locator('#settings-title') });
  await card.screenshot({ path: path.join(IMAGES, file) });
}

/** Adds up the layout shifts since the page was opened. */
const SHIFTS = `
  window.shift = 0;
  new PerformanceObserver((list) => {
    for (const { value } of list.getEntries()) window.shift += value;
  }).observe({ type: 'layout-shift', buffered: true });`;

function figures(page: Page): Promise<string> {
  return page.evaluate<string>(`(() => {
    const paint = performance.getEntriesByName('first-contentful-paint')[0].startTime;
    const files = [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')];
    const bytes = files.map(({ name, transferSize }) => [name, transferSize]);
    return JSON.stringify({ firstContentfulPaintMs: Math.round(paint), layoutShift: window.shift, bytes });
  })()`);
}

void main();
