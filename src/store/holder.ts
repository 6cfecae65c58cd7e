import { readFileSync, readlinkSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import os from 'node:os';
import { z } from 'zod';

const holderSchema = z.object({
  /** Random, and so unique to this lock. */
  owner: z.string(),
  hostname: z.string(),
  /** Within which its process id has a meaning; null where that can't be told. */
  system: z.string().nullable(),
  pid: z.number().int().positive(),
  /** When its process began, to tell it from a later one with the same id; null except on Linux. */
  begun: z.string().nullable(),
});

/** Who holds a lock. */
export type Holder = z.infer<typeof holderSchema>;

/** This process, as the holder of a lock. */
export function thisProcess(owner: string): Holder {
  const { pid } = process;
  return { owner, hostname: os.hostname(), system: system(), pid, begun: ownBeginning() };
}

/** The holder named by the first line of a text; undefined if there is none. */
export function parseHolder(text: string): Holder | undefined {
  try {
    return holderSchema.parse(JSON.parse(text.split('\n', 1)[0]!));
  } catch {
    return undefined;
  }
}

/** Whether a holder's process is known to have ended. Also false where that can't be known. */
export async function hasEnded({ system: itsSystem, pid, begun }: Holder): Promise<boolean> {
  if (itsSystem === null || itsSystem !== system()) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return true;
  }
  if (begun === null) return false;
  try {
    const now = parseStat(await readFile(`/proc/${pid}/stat`, 'utf8'));
    return now.begun !== begun || now.isZombie;
  } catch {
    return false;
  }
}

/** For people. */
export function describeHolder(holder: Holder | undefined): string {
  return holder ? `process ${holder.pid} on ${holder.hostname}` : 'an unknown process';
}

/**
 * Identifies what process ids refer to. On Linux that is a boot and a PID namespace: each of two containers has a
 * process 1, and two machines with the same name may share a disk.
 */
function system(): string | null {
  if (process.platform !== 'linux') return `${process.platform} ${os.hostname()}`;
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    return `${boot} ${readlinkSync('/proc/self/ns/pid')}`;
  } catch {
    return null;
  }
}

function ownBeginning(): string | null {
  if (process.platform !== 'linux') return null;
  try {
    return parseStat(readFileSync('/proc/self/stat', 'utf8')).begun;
  } catch {
    return null;
  }
}

/** proc(5): the name, which may contain anything, is followed by the state (field 3) … and the start time (22). */
function parseStat(stat: string): { isZombie: boolean; begun: string } {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return { isZombie: fields[0] === 'Z' || fields[0] === 'X', begun: fields[22 - 3]! };
}
