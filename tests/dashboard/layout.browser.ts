import { expect } from 'chai';
import { startTaskNetwork, type TaskNetwork } from '../fixtures/network';
import { eventually, until } from '../fixtures/until';
import { seed } from '../fixtures/template';
import { openBrowser, printedAddress, type Browser } from './browser';
import { serveDashboard, TOKEN, type Served } from './served';

/** https://web.dev/articles/cls: good is up to 0.1. */
const MOST_SHIFT = 0.05;
const WATCH_MS = 30_000;
const SIZES = { desktop: [1280, 900], phone: [375, 812] } as const;

/** Records every shift that the owner didn't cause, and where: their sum counts, not the worst moment. */
const OBSERVER = `
  window.shifts = [];
  new PerformanceObserver((list) => {
    for (const { value, hadRecentInput, startTime, sources } of list.getEntries()) {
      if (hadRecentInput) continue;
      const nodes = sources.map(({ node, previousRect: { y }, currentRect }) =>
        (node?.id || node?.className || node?.nodeName) + ' ' + y + '>' + currentRect.y);
      window.shifts.push({ value, at: Math.round(startTime), nodes });
    }
  }).observe({ type: 'layout-shift', buffered: true });`;

const IS_PAINTED = "performance.getEntriesByName('first-contentful-paint').length > 0";

interface Shift {
  value: number;
  at: number;
  nodes: string[];
}

/** Rounds begin and end while the page is watched, since what a round brings must not move anything either. */
describe('the layout of the dashboard', function () {
  this.timeout(180_000);
  let network: TaskNetwork;
  let browser: Browser;
  /** One of a node on a chain, one of a node that runs alone. */
  let addresses: Record<'chain' | 'alone', string>;
  let alone: Served;

  before(async () => {
    network = await startTaskNetwork({ nodes: 2, rounds: 0, roundSeconds: 10 });
    browser = await openBrowser();
    alone = await serveDashboard();
    void alone.node.miner.mine(4, seed, Infinity);
    addresses = {
      chain: await eventually(() => printedAddress(network.nodes[0]!.logPath)),
      alone: `${alone.url}/?token=${TOKEN}`,
    };
  });

  after(async () => {
    await browser?.close();
    await network?.dispose();
    await alone?.close();
  });

  async function shiftsAt(
    address: string,
    [width, height]: readonly [number, number],
    y: number,
  ): Promise<Shift[]> {
    const page = await browser.context.newPage();
    await page.setViewportSize({ width, height });
    await page.addInitScript(OBSERVER);
    // The page must be painted before its script runs. (page.waitForFunction would need eval, which its policy
    // forbids.)
    await page.route('**/dashboard/page.js', async (route) => {
      await until(() => page.evaluate<boolean>(IS_PAINTED));
      await route.continue();
    });
    await page.goto(address);
    if (y > 0) await page.evaluate(`scrollTo(0, ${y})`);
    await page.locator('#rate', { hasText: /[1-9]/ }).waitFor();
    await page.waitForTimeout(WATCH_MS);
    const shifts = await page.evaluate<Shift[]>('window.shifts');
    await page.close();
    return shifts;
  }

  it('moves nothing on a desktop and on a phone, from the first moment on and while it goes on', async () => {
    const places = [
      { of: 'chain', y: 0 } as const,
      { of: 'chain', y: 800 } as const,
      { of: 'alone', y: 0 } as const,
    ];
    const found = await Promise.all(
      Object.entries(SIZES).flatMap(([size, pixels]) =>
        places.map(async ({ of, y }) => {
          const shifts = await shiftsAt(addresses[of], pixels, y);
          return { name: `${of}, ${size} from ${y}`, shifts };
        }),
      ),
    );
    const sums = found.map(({ shifts }) => shifts.reduce((sum, { value }) => sum + value, 0));
    const said = found.map(({ name }, i) => `${name}: ${sums[i]!.toFixed(4)}`);
    console.log(`      ${said.join('; ')}`);
    for (const [i, { shifts }] of found.entries()) {
      const largest = shifts.sort((a, b) => b.value - a.value).slice(0, 5);
      expect(sums[i], `${said[i]}: ${JSON.stringify(largest, null, 1)}`).to.be.below(MOST_SHIFT);
    }
  });
});
