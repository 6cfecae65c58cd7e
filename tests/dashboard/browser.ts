import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { chromium, type BrowserContext } from 'playwright-core';

export interface Browser {
  context: BrowserContext;
  close(): Promise<void>;
}

/** Debian's chromium, without a window, with a profile of its own. */
export async function openBrowser(
  options: { width?: number; height?: number; scale?: number } = {},
): Promise<Browser> {
  const { width = 1280, height = 900, scale = 1 } = options;
  const profile = mkdtempSync(path.join(os.tmpdir(), 'dashboard-browser-'));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
    args: [
      ...['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'],
      ...['--disable-background-networking', '--disable-component-update', '--disable-sync'],
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
