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
  /** How often the holder shows that it is alive. */
  renewMs: number;
  /** How often a waiting process looks at the lock. */
  lookMs: number;
  /** Looks without a change after which the holder counts as gone. Not a time: clocks run on while machines sleep. */
  staleLooks: number;
  /** Looks after which a waiting process gives up. */
  maxLooks: number;
  /** How long a new lock that others may have waited for must last before it counts. */
  settleMs: number;
}

/** Stale after 15 s: a hung main loop is ended by its watchdog 3 s or more before. Waiting ends after 20 s. */
const TIMES: LockTimes = {
  renewMs: 2000,
  lookMs: 250,
  staleLooks: 60,
  maxLooks: 80,
  settleMs: 200,
};

const COUNT_DIGITS = 10;

/** Another process has the store, and is alive. */
export class LockHeldError extends Error {
  override readonly name = 'LockHeldError';
}

/**
 * A file beside a store that says which process may write to the store. It is created exclusively, renewed while its
 * process lives, and checked before each write: a process that slept or hung for so long that another took the lock
 * must not write any more. Process ids mean nothing across containers and clocks differ between machines, so a lock is
 * stale once a waiting process has seen no change in it for long enough, or as soon as its process is known to have
 * ended.
 */
export class StoreLock {
  private readonly owner = randomBytes(16).toString('hex');
  private readonly head = `${JSON.stringify(thisProcess(this.owner))}\n`;
  private count = 0;
  /** Renewals write to this handle: to the file that was made, whatever has its name by then. */
  private file: FileHandle | undefined;
  /** The file's identity: while it is open no other file has the same. */
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
   * Waits until this process has the store to itself. Where no lock can be made, as on a full disk, it goes on without
   * one and tries again later: writes to the store will show whether it can be written.
   * @param file of the lock; missing folders are made
   * @param onLost is called once, after a line in the log, when another process has taken the store: whatever this one
   *   saved from then on would be lost or do harm, so it has to end at once
   * @throws LockHeldError when another process is alive and keeps the lock, and what reading the file throws
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
   * Checks that the lock is still this process's own. A lock that was removed is made again.
   * @throws Error when it isn't, or that can't be told: nothing may be written then
   */
  async check(): Promise<void> {
    // This runs before each write, and costs a quarter of reading the file (measured).
    if (!(await this.stands())) await this.look();
    if (this.ended) throw new Error(`the lock ${this.path} was given up`);
  }

  /** Gives the lock up. Also done when the process exits. */
  release(): void {
    if (this.ended) return;
    this.end();
    try {
      if (this.isOwn(readFileSync(this.path, 'utf8'))) unlinkSync(this.path);
    } catch {
      // It is gone already, or stays behind as the lock of a process that has ended.
    }
  }

  /** Whether the lock's name still belongs to the file that was made. */
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
          // Another process may have found the previous lock stale, and not know yet that it is gone.
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

  /** Makes the file. @returns false if there is one already. @throws when it can't be made */
  private async make(): Promise<boolean> {
    await mkdir(path.dirname(this.path), { recursive: true });
    let file: FileHandle;
    try {
      // Waiting processes have to read it, and may run as another user.
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

  /** Removes a stale lock, and no other. */
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
      // Another process was quicker, and this is its lock; if it can't be put back, its holder makes it again.
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
