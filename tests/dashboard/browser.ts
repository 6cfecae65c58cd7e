import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { chromium, type BrowserContext, type Page } from 'playwright-core';

const AXE = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');

export interface Browser {
  context: BrowserContext;
  close(): Promise<void>;
}

/** Debian's chromium, headless, with a fresh profile. */
export async function openBrowser(
  options: { width?: number; height?: number; scale?: number } = {},
): Promise<Browser> {
  const { width = 1280, height = 900, scale = 1 } = options;
  const profile = mkdtempSync(path.join(os.tmpdir(), 'dashboard-browser-'));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
    viewport: { width, height },
    deviceScaleFactor: scale,
  });
  return {
    context,
    async close() {
      await context.close();
      rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

/** The address of a task's dashboard with its token, as last printed in its log; undefined before that. */
export function printedAddress(logPath: string): string | undefined {
  const lines = readFileSync(logPath, 'utf8').matchAll(/dashboard, with its controls: (http\S+)/g);
  return [...lines].at(-1)?.[1];
}

/** Changes settings as a program would. @param address of the dashboard, with its token */
export function changeSettings(
  address: string,
  changes: Record<string, string>,
): Promise<Response> {
  const { origin, searchParams } = new URL(address);
  return fetch(`${origin}/settings`, {
    method: 'PUT',
    headers: {
      authorization: `Bearer ${searchParams.get('token')}`,
      'content-type': 'application/json',
      'x-orca-control': '1',
    },
    body: JSON.stringify(changes),
  });
}

/** Faults found by axe-core that shut somebody out of a page. */
export async function seriousViolations(page: Page): Promise<string[]> {
  await page.evaluate(AXE);
  return page.evaluate<string[]>(
    `axe.run().then(({ violations }) => violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .map(({ id, nodes }) => id + ': ' + nodes.map(({ html }) => html).join(' ')))`,
  );
}
