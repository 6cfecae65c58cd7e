import type { KeyValueStore } from '../rounds/key-value-store';
import type { StoreLock } from './lock';

/** A store that is written by the holder of its lock alone: by nobody who slept while another took it. */
export class LockedStore implements KeyValueStore {
  private last: Promise<void> = Promise.resolve();

  constructor(
    private readonly store: KeyValueStore,
    private readonly lock: StoreLock,
  ) {}

  get(key: string): Promise<string | null> {
    return this.store.get(key);
  }

  /** Writes one after the other, so that the last value set is the one that stays. */
  set(key: string, value: string): Promise<void> {
    const written = this.last.then(async () => {
      await this.lock.check();
      await this.store.set(key, value);
    });
    this.last = written.catch(() => undefined);
    return written;
  }
}
