import { readFile } from 'node:fs/promises';

/** How many files and connections this process may have open; Infinity where the system doesn't tell (not Linux). */
export async function descriptorLimit(): Promise<number> {
  const limits = await readFile('/proc/self/limits', 'utf8').catch(() => '');
  const [, soft] = /^Max open files +(\d+)/m.exec(limits) ?? [];
  return soft === undefined ? Infinity : Number(soft);
}
