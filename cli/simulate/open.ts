import { spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';

const POLL_MS = 250;
const TRIES = 120;

/** How each platform opens an address in the owner's browser. */
const OPENERS: Partial<Record<NodeJS.Platform, [string, ...string[]]>> = {
  darwin: ['open'],
  win32: ['cmd', '/c', 'start', ''],
};

/** Opens a page once it answers. Where that can't be done nothing happens: the address was printed. */
export async function openWhenUp(url: string, signal: AbortSignal): Promise<void> {
  for (let i = 0; i < TRIES && !signal.aborted; i++) {
    const answer = await fetch(url, { signal }).catch(() => undefined);
    await answer?.body?.cancel();
    if (answer?.ok) return openInBrowser(url);
    await sleep(POLL_MS);
  }
}

function openInBrowser(url: string): void {
  const [command, ...args] = OPENERS[process.platform] ?? ['xdg-open'];
  const opener = spawn(command, [...args, url], { stdio: 'ignore', detached: true });
  opener.on('error', () => undefined);
  opener.unref();
}
