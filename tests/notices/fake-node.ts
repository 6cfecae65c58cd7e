import type { Notice } from '../../src/notices/notice';
import { Notices, type NoticeClock } from '../../src/notices/notices';
import { createLog } from '../../src/process/log';
import { MemoryStore } from '../fixtures/memory-store';

export const SECOND = 1000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;
/** Noon, local time. */
export const NOON = new Date(2026, 2, 4, 12, 0).getTime();

export const STOPPED = {
  level: 'error',
  message: 'Mining has stopped.',
  action: 'Restart it',
} as const;
export const NEW_TASK = { level: 'warn', message: 'A newer task.', action: 'Take it' } as const;
export const WELL = 'Mining goes on again';

export class FakeNoticeClock implements NoticeClock {
  private calls: { at: number; call: () => void }[] = [];

  constructor(private time = NOON) {}

  now(): number {
    return this.time;
  }

  after(ms: number, call: () => void): () => void {
    const entry = { at: this.time + ms, call };
    this.calls.push(entry);
    return () => void (this.calls = this.calls.filter((other) => other !== entry));
  }

  /** Drops all timers, as the end of a process does. */
  forget(): void {
    this.calls = [];
  }

  get timers(): number {
    return this.calls.length;
  }

  set(time: number): void {
    this.time = time;
  }

  /** Lets time pass, and makes the calls that fall due. */
  async pass(ms: number): Promise<void> {
    const until = this.time + ms;
    for (;;) {
      await settled();
      const [next] = this.calls.filter(({ at }) => at <= until).sort((a, b) => a.at - b.at);
      if (!next) break;
      this.calls = this.calls.filter((entry) => entry !== next);
      this.time = Math.max(this.time, next.at);
      next.call();
    }
    this.time = until;
    await settled();
  }
}

async function settled(): Promise<void> {
  for (let i = 0; i < 5; i++) await new Promise((resolve) => setImmediate(resolve));
}

/** One node's notices: its store, its clock, and the place that shows them. */
export class FakeNode {
  readonly store = new MemoryStore();
  readonly clock = new FakeNoticeClock();
  /** The notices shown, each with its time after noon. */
  readonly shown: (Notice & { at: number })[] = [];

  /** What happens when a notice is to be shown; replaced by tests. */
  show: (notice: Notice) => Promise<void> = () => Promise.resolve();

  open(): Promise<Notices> {
    const { store, clock } = this;
    return Notices.open({
      store,
      clock,
      log: createLog('silent'),
      show: async (notice) => {
        await this.show(notice);
        this.shown.push({ ...notice, at: clock.now() - NOON });
      },
    });
  }

  /** Opens the notices again after a kill. */
  restart(): Promise<Notices> {
    this.clock.forget();
    return this.open();
  }

  get messages(): string[] {
    return this.shown.map(({ message }) => message);
  }

  get events(): string[] {
    return this.shown.map(({ event }) => event);
  }
}
