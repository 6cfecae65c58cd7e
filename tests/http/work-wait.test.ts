import { EventEmitter } from 'node:events';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect } from 'chai';
import type { Response } from 'express';
import { ApiError } from '../../src/http/errors';
import { WorkWait, type WaitLimits } from '../../src/http/work-wait';

/** A miner whose work changes when a test says so. */
class Changes {
  private tell: () => void = () => undefined;
  private promise = this.make();
  /** How often a callback was attached. */
  listened = 0;

  get nextChange(): Promise<void> {
    return this.promise;
  }

  change(): void {
    const { tell } = this;
    this.promise = this.make();
    tell();
  }

  private make(): Promise<void> {
    const promise = new Promise<void>((resolve) => (this.tell = resolve));
    const then = promise.then.bind(promise);
    return Object.assign(promise, {
      then: (...callbacks: Parameters<typeof then>) => {
        this.listened++;
        return then(...callbacks);
      },
    });
  }
}

describe('requests that wait for work', () => {
  let miner: Changes;
  beforeEach(() => (miner = new Changes()));

  const waitsOf = (limits: Partial<WaitLimits> = {}): WorkWait =>
    new WorkWait(miner, { requests: 1000, forMs: 60_000, ...limits });
  const request = (): Response =>
    Object.assign(new EventEmitter(), { locals: {}, destroyed: false }) as unknown as Response;
  /** Waits, and tells whether the wait is over. */
  const wait = (waits: WorkWait, isSo: () => boolean, response = request()) => {
    const state = { isOver: false, over: Promise.resolve() };
    state.over = waits.until(isSo, response).then(() => void (state.isOver = true));
    return state;
  };

  it('wait for nothing that is so already, and not for a client that is gone', async () => {
    const waits = waitsOf();
    await waits.until(() => true, request());
    const gone = Object.assign(request(), { destroyed: true });
    await waits.until(() => false, gone);
    expect(waits.size).to.equal(0);
  });

  it('look at each change of work, and end at the one they wait for', async () => {
    const waits = waitsOf();
    let looks = 0;
    const waiting = wait(waits, () => ++looks === 4);
    for (const expected of [2, 3]) {
      miner.change();
      await nextTurn();
      expect([looks, waiting.isOver, waits.size]).to.deep.equal([expected, false, 1]);
    }
    miner.change();
    await waiting.over;
    expect(waits.size).to.equal(0);
    miner.change();
    await nextTurn();
    expect(looks).to.equal(4);
  });

  it('look by themselves, for nobody tells of another target', async () => {
    let isSo = false;
    const waiting = wait(waitsOf(), () => isSo);
    isSo = true;
    await waiting.over;
    expect(waiting.isOver).to.equal(true);
  });

  it('end after a while, whatever is so', async () => {
    const waits = waitsOf({ forMs: 20 });
    await wait(waits, () => false).over;
    expect(waits.size).to.equal(0);
  });

  it('end when their client goes away', async () => {
    const waits = waitsOf();
    const response = request();
    const waiting = wait(waits, () => false, response);
    response.emit('close');
    await waiting.over;
    expect([waits.size, response.listenerCount('close')]).to.deep.equal([0, 0]);
  });

  it('are as many as may wait at a time, and 429 says so to the next', async () => {
    const waits = waitsOf({ requests: 2 });
    let isSo = false;
    const first = wait(waits, () => isSo);
    const second = wait(waits, () => false);
    const refused = await waits.until(() => false, request()).catch((error: unknown) => error);
    expect(refused).to.be.instanceOf(ApiError).with.property('status', 429);
    // A request that needn't wait is answered all the same.
    await waits.until(() => true, request());
    isSo = true;
    miner.change();
    await first.over;
    const third = wait(waits, () => false);
    expect([waits.size, second.isOver, third.isOver]).to.deep.equal([2, false, false]);
  });

  it('let others have their turns while many are woken', async () => {
    const waits = waitsOf();
    let looks = 0;
    const many = Array.from({ length: 100 }, () => wait(waits, () => ++looks > 100));
    miner.change();
    await nextTurn();
    expect(looks - 100)
      .to.be.above(0)
      .and.below(100);
    await Promise.all(many.map(({ over }) => over));
    expect(waits.size).to.equal(0);
  });

  it('listen to a change once, however many they are and however often they look', async () => {
    const waits = waitsOf({ forMs: 10 });
    for (let times = 0; times < 3; times++) {
      await Promise.all(Array.from({ length: 20 }, () => wait(waits, () => false).over));
    }
    expect(miner.listened).to.equal(1);
  });
});
