import { spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import type { SimulatedNode } from '../../simulator';
import { originOf, reachableName } from '../../src/http/addresses';

/** The address of its page as a task tells it to its owner, with the token of the controls. */
const DASHBOARD = /https?:\/\/\S+\/\?token=[0-9a-f]+/;

const POLL_MS = 250;
const TRIES = 120;

/** How each platform opens an address in the owner's browser. */
const OPENERS: Partial<Record<NodeJS.Platform, [string, ...string[]]>> = {
  darwin: ['open'],
  win32: ['cmd', '/c', 'start', ''],
};

/** The address of a dashboard, with its token, in a task's message to its owner; undefined if there is none. */
export function dashboardIn(message: string): string | undefined {
  return DASHBOARD.exec(message)?.[0];
}

/**
 * The origin of a node's API: where the node said it listens, which may not be where it was told to; before that, and
 * if its owner is not told, as its variables have it. Undefined if they don't say.
 */
export function apiOf({
  notices,
  env,
}: Pick<SimulatedNode, 'notices' | 'env'>): string | undefined {
  for (let i = notices.length - 1; i >= 0; i--) {
    const address = dashboardIn(notices[i]!.message);
    if (address !== undefined) return new URL(address).origin;
  }
  const { API_HOST: host = '127.0.0.1', API_PORT: port } = env;
  if (port === undefined) return undefined;
  return originOf(reachableName(host), port);
}

/** Opens a page once it answers. If it can't, nothing happens: the address was printed. */
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
