import { readFile } from 'node:fs/promises';
import type { Server } from 'node:net';
import type { Log } from './log';

/** So many ports are tried in turn: a port in use is no reason not to mine. */
export const PORTS_TRIED = 20;
const MAX_PORT = 65_535;

/**
 * Connections that wait to be accepted. Node's 511 run full under a flood, and whom the kernel drops tries again only
 * after 0.2 to 3 s. Linux takes at most net.core.somaxconn of them, 4,096 since 5.4.
 */
const BACKLOG = 4_096;

/**
 * Has a server listen on the first free port of twenty.
 * @param make makes a server anew for each try
 * @returns undefined if none is free; each that isn't is logged
 */
export async function listenOnFreePort<T extends Server>(
  make: () => T,
  { host, port: firstPort }: { host: string; port: number },
  log: Log,
): Promise<T | undefined> {
  const behindLast = Math.min(firstPort + PORTS_TRIED, MAX_PORT + 1);
  for (let port = firstPort; port < behindLast; port++) {
    const server = make();
    try {
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject).listen(port, host, BACKLOG, () => {
          server.off('error', reject);
          resolve();
        });
      });
      return server;
    } catch (error) {
      log.warn(`port ${port} of ${host} can't be had: ${String(error)}`);
    }
  }
  return undefined;
}

/** How many files and connections this process may have open; Infinity where the system doesn't tell (not Linux). */
export async function descriptorLimit(): Promise<number> {
  const limits = await readFile('/proc/self/limits', 'utf8').catch(() => '');
  const [, soft] = /^Max open files +(\d+)/m.exec(limits) ?? [];
  return soft === undefined ? Infinity : Number(soft);
}
