import { expect } from 'chai';
import fc from 'fast-check';
import type { Notice } from '../../src/notices/notice';
import { Notices, type NoticeClock } from '../../src/notices/notices';
import { createLog } from '../../src/process/log';
import { MemoryStore } from '../fixtures/memory-store';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** Noon, local time. */
const NOON = new Date(2026, 2, 4, 12, 0).getTime();

const STOPPED = { level: 'error', message: 'Mining has stopped.', action: 'Restart it' } as const;
const NEW_TASK = { level: 'warn', message: 'A newer task.', action: 'Take it' } as const;
const WELL = 'Mining goes on again';

class FakeClock implements NoticeClock {
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

  /** What the end of a process does. */
  forget(): void {
    this.calls = [];
  }

  get timers(): number {
    return this.calls.length;
  }

  set(time: number): void {
    this.time = time;
  }

  /** Lets time pass, and all that was to be called in it. */
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

describe('Notices', () => {
  let store: MemoryStore;
  let clock: FakeClock;
  let shown: (Notice & { at: number })[];
  /** What the place that shows notices does with one. */
  let showing: (notice: Notice) => Promise<void>;
  beforeEach(() => {
    store = new MemoryStore();
    clock = new FakeClock();
    shown = [];
    showing = () => Promise.resolve();
  });

  const open = (): Promise<Notices> =>
    Notices.open({
      store,
      clock,
      log: createLog('silent'),
      show: async (notice) => {
        await showing(notice);
        shown.push({ ...notice, at: clock.now() - NOON });
      },
    });
  /** After a kill. */
  const restart = (): Promise<Notices> => {
    clock.forget();
    return open();
  };
  const messages = (): string[] => shown.map(({ message }) => message);

  it('tells an alarm once while it lasts, and once that it is over, with how long it lasted', async () => {
    const notices = await open();
    for (let i = 0; i < 18; i++) {
      notices.alarm('mining', STOPPED);
      await clock.pass(10 * SECOND);
    }
    for (let i = 0; i < 10; i++) {
      notices.well('mining', WELL);
      await clock.pass(10 * SECOND);
    }
    expect(shown).to.deep.equal([
      { ...STOPPED, event: 'mining', at: 0 },
      {
        event: 'mining',
        level: 'log',
        action: '',
        at: 3 * MINUTE,
        message: 'Mining goes on again, after 3 minutes.',
      },
    ]);
  });

  it('says nothing of what was never wrong', async () => {
    const notices = await open();
    notices.well('mining', WELL);
    await clock.pass(DAY);
    expect(shown).to.deep.equal([]);
    expect(clock.timers).to.equal(0);
  });

  it('counts how long it lasted from when it began, as far as that is known', async () => {
    const notices = await open();
    notices.alarm('mining', STOPPED, clock.now() - 2 * HOUR);
    await clock.pass(5 * MINUTE);
    notices.well('mining', WELL);
    await clock.pass(0);
    expect(messages()[1]).to.equal('Mining goes on again, after 2 hours 5 minutes.');
  });

  it('sums up what the limit of an hour held back', async () => {
    const notices = await open();
    for (let i = 0; i < 10; i++) {
      notices.alarm('mining', STOPPED);
      await clock.pass(MINUTE);
      notices.well('mining', WELL);
      await clock.pass(4 * MINUTE);
    }
    expect(messages()).to.deep.equal([
      'Mining has stopped.',
      'Mining goes on again, after 1 minute.',
    ]);
    await clock.pass(DAY);
    expect(shown).to.have.length(2);
    notices.alarm('mining', STOPPED);
    await clock.pass(MINUTE);
    expect(messages()[2]).to.equal('Mining has stopped. (9 more times since 2026-03-04 12:05)');
  });

  it('tells an alarm that was held back when it may, if it still lasts', async () => {
    const notices = await open();
    notices.alarm('mining', STOPPED);
    await clock.pass(MINUTE);
    notices.well('mining', WELL);
    await clock.pass(MINUTE);
    notices.alarm('mining', STOPPED);
    await clock.pass(MINUTE);
    notices.well('mining', WELL);
    notices.alarm('mining', STOPPED);
    await clock.pass(57 * MINUTE - 1);
    expect(shown).to.have.length(2);
    await clock.pass(1);
    expect(messages()[2]).to.equal('Mining has stopped. (1 more time since 12:02)');
    notices.well('mining', WELL);
    await clock.pass(0);
    expect(messages()[3]).to.equal('Mining goes on again, after 57 minutes.');
  });

  it('keeps to its limits over a day of an alarm that flaps, with one "well again" for each', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.record({
            lasts: fc.integer({ min: 1, max: 90 }),
            then: fc.integer({ max: 60, min: 1 }),
          }),
          { minLength: 20, maxLength: 60 },
        ),
        fc.boolean(),
        async (flaps, isRestarted) => {
          store = new MemoryStore();
          clock = new FakeClock();
          shown = [];
          let notices = await open();
          for (const { lasts, then } of flaps) {
            notices.alarm('store', STOPPED);
            await clock.pass(lasts * MINUTE);
            if (isRestarted) notices = await restart();
            notices.well('store', WELL);
            await clock.pass(then * MINUTE);
          }
          const alarms = shown.filter(({ level }) => level === 'error');
          shown.forEach(({ level }, i) => expect(level).to.equal(i % 2 === 0 ? 'error' : 'log'));
          expect(shown).to.have.length(2 * alarms.length);
          alarms.forEach(({ at }, i) => {
            if (i >= 1) expect(at - alarms[i - 1]!.at).to.be.at.least(HOUR);
            if (i >= 6) expect(at - alarms[i - 6]!.at).to.be.at.least(DAY);
          });
        },
      ),
      { numRuns: 15 },
    );
  });

  it('tells six times in a day at most, then waits for the first of them to be a day old', async () => {
    const notices = await open();
    for (let i = 0; i < 30; i++) {
      notices.alarm('mining', STOPPED);
      await clock.pass(30 * MINUTE);
      notices.well('mining', WELL);
      await clock.pass(31 * MINUTE);
    }
    const alarms = shown.filter(({ level }) => level === 'error').map(({ at }) => at);
    const hours = [0, 61, 122, 183, 244, 305].map((minutes) => minutes * MINUTE);
    expect(alarms.slice(0, 7)).to.deep.equal([...hours, DAY + 24 * MINUTE]);
    expect(shown[12]!.message).to.match(/^Mining has stopped\. \(18 more times since /);
  });

  it('limits each event by itself', async () => {
    const notices = await open();
    notices.alarm('mining', STOPPED);
    notices.alarm('store', STOPPED);
    notices.alarm('proof', STOPPED);
    await clock.pass(0);
    expect(shown.map(({ event }) => event)).to.have.members(['mining', 'store', 'proof']);
  });

  it('tells once what is to be told once, and again what is another', async () => {
    let notices = await open();
    for (const id of ['a', 'a', 'b', 'b']) {
      notices.once('newer task', id, { ...NEW_TASK, message: id });
      await clock.pass(2 * HOUR);
      notices = await restart();
      notices.once('newer task', id, { ...NEW_TASK, message: id });
      await clock.pass(2 * HOUR);
    }
    expect(messages()).to.deep.equal(['a', 'b']);
  });

  it('holds back what comes again within the hour, and tells the last of it', async () => {
    const notices = await open();
    for (const port of [8080, 8081, 8082]) {
      notices.once('address', String(port), { ...NEW_TASK, message: String(port) });
      await clock.pass(MINUTE);
    }
    await clock.pass(HOUR);
    expect(messages()).to.deep.equal(['8080', '8082']);
  });

  describe('over a restart', () => {
    it('an alarm that lasts is no new one, and gets its "well again"', async () => {
      (await open()).alarm('mining', STOPPED);
      await clock.pass(10 * MINUTE);
      const notices = await restart();
      notices.alarm('mining', STOPPED);
      await clock.pass(10 * MINUTE);
      expect(shown).to.have.length(1);
      notices.well('mining', WELL);
      await clock.pass(0);
      expect(messages()[1]).to.equal('Mining goes on again, after 20 minutes.');
      (await restart()).well('mining', WELL);
      await clock.pass(DAY);
      expect(shown).to.have.length(2);
    });

    it('an alarm at each start of a task that is started in a loop is told once', async () => {
      for (let i = 0; i < 20; i++) {
        (await restart()).alarm('mining', STOPPED);
        await clock.pass(MINUTE);
      }
      expect(shown).to.have.length(1);
    });

    it('what was not shown before is told after it', async () => {
      showing = () => new Promise(() => undefined);
      const first = await open();
      first.alarm('mining', STOPPED);
      first.once('newer task', 'a', NEW_TASK);
      await clock.pass(10 * SECOND);
      showing = () => Promise.resolve();
      const second = await restart();
      second.alarm('mining', STOPPED);
      second.once('newer task', 'a', NEW_TASK);
      await clock.pass(0);
      expect(shown.map(({ event }) => event)).to.deep.equal(['mining', 'newer task']);
    });

    it('the record holds neither what was told nor its key', async () => {
      (await open()).once('address', 'http://x/?token=5ec7e7', { ...NEW_TASK, message: '5ec7e7' });
      await clock.pass(0);
      expect(shown).to.have.length(1);
      expect([...store.values.values()].join()).not.to.include('5ec7e7');
    });
  });

  for (const [what, record] of [
    ['no JSON', '{"mining":'],
    ['another kind', '[1,2]'],
    ['null', 'null'],
    ['wrong fields', JSON.stringify({ mining: { toldAt: 'x' }, store: 7, proof: null })],
    ['times beyond all bounds', JSON.stringify({ mining: { toldAt: [1e300] } })],
    ['an event nobody knows', JSON.stringify({ later: { toldAt: [] } })],
  ] as const) {
    it(`goes on without a record that is garbage: ${what}`, async () => {
      store.values.set('notices', record);
      const notices = await open();
      notices.alarm('mining', STOPPED);
      await clock.pass(MINUTE);
      notices.well('mining', WELL);
      await clock.pass(MINUTE);
      expect(shown).to.have.length(2);
    });
  }

  it('keeps what can be read beside what is garbage', async () => {
    const told = { toldAt: [NOON - MINUTE] };
    store.values.set('notices', JSON.stringify({ mining: told, store: 'garbage' }));
    const notices = await open();
    notices.alarm('mining', STOPPED);
    notices.alarm('store', STOPPED);
    await clock.pass(MINUTE);
    expect(shown.map(({ event }) => event)).to.deep.equal(['store']);
  });

  it('opens though the store can not be read', async () => {
    store.get = () => Promise.reject(new Error('EIO'));
    (await open()).alarm('mining', STOPPED);
    await clock.pass(0);
    expect(shown).to.have.length(1);
  });

  it('tells though the store takes no writes, keeps to its limits, and stores when it does', async () => {
    store.broken = true;
    const notices = await open();
    notices.alarm('store', STOPPED);
    await clock.pass(MINUTE);
    notices.well('store', WELL);
    await clock.pass(MINUTE);
    notices.alarm('store', STOPPED);
    await clock.pass(MINUTE);
    expect(shown).to.have.length(2);
    store.broken = false;
    notices.once('newer task', 'a', NEW_TASK);
    await clock.pass(MINUTE);
    const restarted = await restart();
    restarted.alarm('store', STOPPED);
    await clock.pass(MINUTE);
    expect(shown).to.have.length(3);
  });

  it('a clock that was put back holds nothing back for longer than the limits', async () => {
    const notices = await open();
    notices.alarm('mining', STOPPED);
    await clock.pass(MINUTE);
    notices.well('mining', WELL);
    await clock.pass(MINUTE);
    clock.set(NOON - 30 * DAY);
    notices.alarm('mining', STOPPED);
    await clock.pass(HOUR);
    expect(shown).to.have.length(3);
  });

  describe('where they are shown', () => {
    it('fails: tries again after 1, 2, 4 … minutes, and tells what is so by then', async () => {
      let tries = 0;
      showing = () => (tries++, Promise.reject(new Error('the node is away')));
      const notices = await open();
      notices.alarm('mining', STOPPED);
      notices.alarm('store', STOPPED);
      await clock.pass(7 * MINUTE);
      expect(tries).to.equal(4);
      notices.well('mining', WELL);
      notices.once('newer task', 'a', NEW_TASK);
      await clock.pass(MINUTE);
      expect(tries).to.equal(4);
      showing = () => Promise.resolve();
      await clock.pass(HOUR);
      // What was over before it was told is in the next sum.
      expect(shown.map(({ event }) => event)).to.deep.equal(['newer task', 'store']);
      notices.alarm('mining', STOPPED);
      await clock.pass(0);
      expect(messages()[2]).to.equal('Mining has stopped. (1 more time since 12:00)');
    });

    it('fails: nothing is missing from the sum later', async () => {
      const notices = await open();
      for (let i = 0; i < 3; i++) {
        notices.alarm('mining', STOPPED);
        await clock.pass(MINUTE);
        notices.well('mining', WELL);
        await clock.pass(MINUTE);
      }
      showing = () => Promise.reject(new Error('the node is away'));
      notices.alarm('mining', STOPPED);
      await clock.pass(HOUR);
      expect(shown).to.have.length(2);
      showing = () => Promise.resolve();
      await clock.pass(HOUR);
      expect(messages()[2]).to.equal('Mining has stopped. (2 more times since 12:02)');
    });

    it('is slow: one at a time, the newest of each event, and a "well again" for what was told', async () => {
      const ends: (() => void)[] = [];
      showing = () => new Promise((resolve) => ends.push(resolve));
      const notices = await open();
      notices.alarm('mining', STOPPED);
      for (const port of [1, 2, 3]) {
        notices.once('address', String(port), { ...NEW_TASK, message: String(port) });
      }
      notices.well('mining', WELL);
      await clock.pass(MINUTE);
      expect(ends).to.have.length(1);
      for (let i = 0; i < 3; i++) {
        ends[i]!();
        await clock.pass(0);
      }
      expect(messages()).to.have.members([
        'Mining has stopped.',
        'Mining goes on again, after 1 second.',
        '3',
      ]);
      expect(messages().indexOf('Mining has stopped.')).to.equal(0);
    });

    it('fails where the alarm ended and came again meanwhile: the one that lasts is told', async () => {
      const fails: ((error: Error) => void)[] = [];
      showing = () => new Promise((_resolve, reject) => fails.push(reject));
      const notices = await open();
      notices.alarm('mining', STOPPED);
      notices.well('mining', WELL);
      notices.alarm('mining', STOPPED);
      fails[0]!(new Error('no answer'));
      showing = () => Promise.resolve();
      await clock.pass(2 * MINUTE);
      expect(messages()).to.deep.equal(['Mining has stopped. (1 more time since 12:00)']);
      notices.well('mining', WELL);
      await clock.pass(0);
      expect(messages()[1]).to.equal('Mining goes on again, after 2 minutes.');
    });
  });

  it('shows one line of plain text of bounded length, whatever it is given', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.string({ unit: 'binary', maxLength: 600 }),
        fc.array(
          fc.constantFrom(
            '\u0000',
            '\n',
            '\u001b[31m',
            '\u0085',
            '\u2028',
            '\u202e',
            '\u2066',
            '\ud800',
            'é😀',
          ),
        ),
        async (text, hostile) => {
          store = new MemoryStore();
          clock = new FakeClock();
          shown = [];
          const message = hostile.join(text);
          const notices = await open();
          notices.alarm('store', { ...STOPPED, message, action: message });
          notices.well('store', message);
          await clock.pass(0);
          expect(shown).to.have.length(2);
          for (const { message, action } of shown) {
            for (const line of [message, action]) {
              expect([...line].length).to.be.at.most(300);
              expect(line).not.to.match(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u);
            }
          }
        },
      ),
    );
  });
});
