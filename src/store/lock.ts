import { randomBytes } from 'node:crypto';
import { readFileSync, unlinkSync } from 'node:fs';
import {
  link,
  mkdir,
  open,
  readFile,
  rename,
  stat,
  unlink,
  type FileHandle,
} from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { sparingly, type Log } from '../process/log';
import { describeHolder, hasEnded, parseHolder, thisProcess } from './holder';

export interface LockTimes {
  /** How often the holder shows that it lives. */
  renewMs: number;
  /** How often who waits looks. */
  lookMs: number;
  /** After so many looks that show no change the holder is gone: counted, for clocks go on while machines sleep. */
  staleLooks: number;
  /** Who looked so often, and found somebody there, gives up. */
  maxLooks: number;
  /** How long a lock that others may have waited for must stand before it counts. */
  settleMs: number;
}

/** Stale after 15 s, of which the watchdog over a hung main loop leaves 3; waited for for 20. */
const TIMES: LockTimes = {
  renewMs: 2000,
  lookMs: 250,
  staleLooks: 60,
  maxLooks: 80,
  settleMs: 200,
};

const COUNT_DIGITS = 10;

/** Another process has the store, and lives. */
export class LockHeldError extends Error {
  override readonly name = 'LockHeldError';
}

/**
 * A file beside a store that says which process may write it. Made exclusively, renewed while its
 * process lives, and looked at before each write of the store: who slept or hung for so long that another
 * took it must not write any more. Process ids mean nothing across containers and clocks differ across
 * machines, so a lock is stale when it stands still before the eyes of who waits; at once where its process
 * is known to have ended.
 */
export class StoreLock {
  private readonly owner = randomBytes(16).toString('hex');
  private readonly head = `${JSON.stringify(thisProcess(this.owner))}\n`;
  private count = 0;
  /** Renewals go through it: to the file that was made, whatever has its name by then. */
  private file: FileHandle | undefined;
  /** Its numbers: while it is open no other file has them. */
  private made: { dev: bigint; ino: bigint } | undefined;
  private remaking: Promise<void> | undefined;
  private renewing = false;
  private ended = false;
  private timer: NodeJS.Timeout | undefined;
  private readonly tell: (error: unknown) => void;
  private readonly atExit = (): void => this.release();

  private constructor(
    readonly path: string,
    private readonly log: Log,
    private readonly onLost: () => void,
    private readonly times: LockTimes,
  ) {
    this.tell = sparingly((_times, error) =>
      log.warn({ error }, `the lock ${path} can't be renewed now`),
    );
  }

  /**
   * Waits until this process has the store for itself. Where no lock can be made, as on a full disk, it
   * goes on without and tries again later: whether the store can be written, the store shows.
   * @param file of the lock; missing folders above it are made
   * @param onLost is called, once, after a line in the log, when another process has the store: whatever this one
   *   saved now would be lost or do harm, so it has to end at once
   * @throws LockHeldError when another process lives and keeps it, and what reading the file threw
   */
  static async acquire(
    file: string,
    log: Log,
    onLost: () => void,
    times: Partial<LockTimes> = {},
  ): Promise<StoreLock> {
    const lock = new StoreLock(file, log, onLost, { ...TIMES, ...times });
    try {
      await lock.wait();
    } catch (error) {
      lock.end();
      throw error;
    }
    lock.timer = setInterval(() => void lock.renew(), lock.times.renewMs).unref();
    process.once('exit', lock.atExit);
    return lock;
  }

  /**
   * Looks whether the lock is still this process's. One that was removed is made again.
   * @throws Error when it is not, or this can't be told: nothing may be written then
   */
  async check(): Promise<void> {
    // A quarter of what reading costs (measured), before each write.
    if (!(await this.stands())) await this.look();
    if (this.ended) throw new Error(`the lock ${this.path} was given up`);
  }

  /** Gives it up. Also done when the process exits. */
  release(): void {
    if (this.ended) return;
    this.end();
    try {
      if (this.isOwn(readFileSync(this.path, 'utf8'))) unlinkSync(this.path);
    } catch {
      // It is gone, or stays behind as that of a process that has ended.
    }
  }

  /** Whether the file that was made still has its name. */
  private async stands(): Promise<boolean> {
    if (!this.made) return false;
    try {
      const { dev, ino } = await stat(this.path, { bigint: true });
      return dev === this.made.dev && ino === this.made.ino;
    } catch {
      return false;
    }
  }

  private async look(): Promise<void> {
    const text = await this.read();
    if (this.ended) return;
    if (text === undefined) await (this.remaking ??= this.remake());
    else if (!this.isOwn(text)) this.lose(text);
  }

  private async wait(): Promise<void> {
    const { lookMs, staleLooks, maxLooks, settleMs } = this.times;
    let seen: string | undefined;
    let same = 0;
    for (let looks = 0; ; looks++) {
      try {
        if (await this.make()) {
          // Another may have judged the one before, and not have noticed yet that it is gone.
          if (looks > 0) await sleep(settleMs);
          if (looks === 0 || this.isOwn((await this.read()) ?? '')) return;
        }
      } catch (error) {
        this.log.warn({ error }, `no lock can be made for the store: ${this.path}`);
        return;
      }
      const text = await this.read();
      same = text === seen ? same + 1 : 0;
      seen = text;
      const holder = text === undefined ? undefined : parseHolder(text);
      if (text !== undefined && (same >= staleLooks || (holder && (await hasEnded(holder))))) {
        await this.remove(text);
        continue;
      }
      if (looks >= maxLooks) {
        throw new LockHeldError(
          `another process uses this store: ${this.path} is held by ${describeHolder(holder)}`,
        );
      }
      await sleep(lookMs);
    }
  }

  /** Makes the file. @returns false when there is one. @throws when there can be none */
  private async make(): Promise<boolean> {
    await mkdir(path.dirname(this.path), { recursive: true });
    let file: FileHandle;
    try {
      // Who waits has to read it, though it may be another user.
      file = await open(this.path, 'wx', 0o644);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
      throw error;
    }
    try {
      await file.writeFile(this.head + this.countText());
      this.made = await file.stat({ bigint: true });
    } catch (error) {
      await file.close();
      await unlink(this.path);
      throw error;
    }
    await this.file?.close();
    this.file = file;
    return true;
  }

  /** Takes a stale lock away, and no other. */
  private async remove(judged: string): Promise<void> {
    if ((await this.read()) !== judged) return;
    const aside = `${this.path}.${randomBytes(6).toString('hex')}`;
    try {
      await rename(this.path, aside);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
      throw error;
    }
    if ((await readFile(aside, 'utf8')) === judged) {
      this.log.info(
        `the lock ${this.path} was left behind by ${describeHolder(parseHolder(judged))}`,
      );
    } else {
      // Another was quicker, and this is its lock; where it can't be put back, its holder makes it again.
      await link(aside, this.path).catch(() => undefined);
    }
    await unlink(aside);
  }

  private async remake(): Promise<void> {
    try {
      if (await this.make()) return;
      const text = await this.read();
      if (text === undefined) throw new Error(`the lock ${this.path} comes and goes`);
      if (!this.isOwn(text)) this.lose(text);
    } finally {
      this.remaking = undefined;
    }
  }

  private async renew(): Promise<void> {
    if (this.renewing) return;
    this.renewing = true;
    try {
      await this.look();
      this.count++;
      await this.file?.write(this.countText(), Buffer.byteLength(this.head));
    } catch (error) {
      if (!this.ended) this.tell(error);
    } finally {
      this.renewing = false;
    }
  }

  private lose(text: string): never {
    const why = `another process uses this store now: ${this.path} is held by ${describeHolder(parseHolder(text))}`;
    if (!this.ended) {
      this.end();
      this.log.error(`ending, nothing is saved any more: ${why}`);
      this.onLost();
    }
    throw new Error(why);
  }

  private end(): void {
    this.ended = true;
    clearInterval(this.timer);
    process.off('exit', this.atExit);
    this.file?.close().catch(() => undefined);
  }

  private isOwn(text: string): boolean {
    return parseHolder(text)?.owner === this.owner;
  }

  private countText(): string {
    return `${String(this.count).padStart(COUNT_DIGITS, '0')}\n`;
  }

  private async read(): Promise<string | undefined> {
    try {
      return await readFile(this.path, 'utf8');
    } catch (error) {
      if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code!)) return undefined;
      throw error;
    }
  }
}
