import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { replaceFile } from '../../src/store/files';
import { hasRebootedSince, thisMoment, type Moment } from './boot';

// The rehearsal bundle in the place of a task's own. Beside it lie a copy of the original and a marker that says what
// was put there, so that a later process can put the original back after a kill. Neither ends in .js: the node watches
// those.

const BACKUP = '.rehearsal-original';
const MARKER = '.rehearsal.json';
/** What replaceFile leaves behind when it is killed. */
const UNFINISHED = '.new';

/** How long the node's monitor takes to see a change: it waits 200 ms for further ones, then hashes the file. */
const SEEN_MS = 2_000;

interface Marker {
  /** SHA-256 of the original, hexadecimal. */
  original: string;
  /** SHA-256 of all else that this rehearsal may have written there. */
  written: string[];
  /** The process that rehearses. */
  pid: number;
  /** When it wrote this, to tell it from a process that has the same id after a reboot; older markers lack it. */
  begun?: Moment;
}

export type Restored = 'nothing' | 'restored' | 'changed';

/** Another process rehearses on the same file. */
export class RehearsalRunsError extends Error {}

/** One executable of a node, which a rehearsal replaces for a while. */
export class Replacement {
  constructor(
    readonly executable: string,
    private readonly seenMs = SEEN_MS,
  ) {}

  /**
   * Keeps the original, and puts the bundle in its place.
   * @throws RehearsalRunsError, and what the file system throws
   */
  async install(bundle: Uint8Array): Promise<void> {
    await this.restore();
    const original = readFileSync(this.executable);
    const marker: Marker = {
      original: sha256(original),
      written: [bundle, touched(bundle), touched(original)].map(sha256),
      pid: process.pid,
      begun: thisMoment(),
    };
    if (marker.original === sha256(bundle))
      throw new Error('the rehearsal bundle is there already');
    await this.write(`${this.executable}${BACKUP}`, original);
    await this.write(`${this.executable}${MARKER}`, JSON.stringify(marker));
    await this.replace(bundle);
  }

  /**
   * Puts the original back, if a rehearsal was begun. Call it as often as you like, from any process.
   * @param isForced also while the process that began it runs
   * @returns changed if what is there is neither the rehearsal's nor the original: it stays
   * @throws RehearsalRunsError; Error if the copy is damaged
   */
  async restore(isForced = false): Promise<Restored> {
    const [backup, markerFile] = [`${this.executable}${BACKUP}`, `${this.executable}${MARKER}`];
    const marker = this.marker();
    if (!isForced && marker && marker.pid !== process.pid && runs(marker)) {
      throw new RehearsalRunsError(
        `process ${marker.pid} rehearses on ${this.executable}; if it doesn't: npm run rehearse -- --restore`,
      );
    }
    rmSync(`${this.executable}${UNFINISHED}`, { force: true });
    // Without a marker nothing was replaced: it is written before and removed after.
    const outcome = marker ? await this.putBack(backup, marker) : 'nothing';
    rmSync(markerFile, { force: true });
    for (const file of [backup, `${backup}${UNFINISHED}`, `${markerFile}${UNFINISHED}`]) {
      rmSync(file, { force: true });
    }
    return outcome;
  }

  private async putBack(backup: string, marker: Marker): Promise<Restored> {
    const now = existsSync(this.executable) ? sha256(readFileSync(this.executable)) : undefined;
    if (now === marker.original) return 'nothing';
    // The node has downloaded it again, or its owner has put something there.
    if (now !== undefined && !marker.written.includes(now)) return 'changed';
    const original = readFileSync(backup);
    if (sha256(original) !== marker.original) {
      throw new Error(
        `${backup} is not what was kept: remove ${this.executable} and the node downloads it again`,
      );
    }
    await this.replace(original);
    return 'restored';
  }

  /**
   * Writes twice, and not the same twice: the node's monitor takes the first change after its start for a new file and
   * only remembers its hash, and restarts the task at a later one with another hash (koii-network/koii-node,
   * ExecutableMonitorService.ts). If it restarts at the first already, the two run alike.
   */
  private async replace(bundle: Uint8Array): Promise<void> {
    await this.write(this.executable, touched(bundle));
    await sleep(this.seenMs);
    await this.write(this.executable, bundle);
  }

  private marker(): Marker | undefined {
    try {
      const { original, written, pid, begun } = JSON.parse(
        readFileSync(`${this.executable}${MARKER}`, 'utf8'),
      ) as Marker;
      if (typeof original !== 'string' || !Array.isArray(written)) return undefined;
      return isMoment(begun) ? { original, written, pid, begun } : { original, written, pid };
    } catch {
      return undefined;
    }
  }

  private write(file: string, contents: string | Uint8Array): Promise<void> {
    const mode = statSync(this.executable, { throwIfNoEntry: false })?.mode ?? 0o644;
    return replaceFile(file, contents, mode & 0o777);
  }
}

/**
 * Puts back what unfinished rehearsals left in a node's executables.
 * @param isForced also of processes that still run
 * @returns the files that were put back
 * @throws what Replacement.restore throws
 */
export async function restoreAll(
  directory: string,
  isForced = false,
  seenMs = SEEN_MS,
): Promise<string[]> {
  const restored: string[] = [];
  for (const name of readdirSync(directory)) {
    const suffix = [MARKER, BACKUP].find((ending) => name.endsWith(ending));
    if (suffix === undefined) continue;
    const executable = path.join(directory, name.slice(0, -suffix.length));
    if ((await new Replacement(executable, seenMs).restore(isForced)) === 'restored') {
      restored.push(executable);
    }
  }
  return restored;
}

/** The same program with another hash. */
function touched(program: Uint8Array): Buffer {
  return Buffer.concat([program, Buffer.from('\n// Written by npm run rehearse.\n')]);
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function isMoment(begun: unknown): begun is Moment {
  const { atMs, boot } = (begun ?? {}) as Record<string, unknown>;
  return typeof atMs === 'number' && (boot === null || typeof boot === 'string');
}

/** Whether the process that rehearses still runs. In doubt it does: what is put back under it can't be taken back. */
function runs({ pid, begun }: Marker): boolean {
  if (begun && hasRebootedSince(begun)) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
