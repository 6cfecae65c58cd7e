import { expect } from 'chai';
import { longest, Waits } from '../../../cli/soak/waits';

describe('waits for answers', () => {
  let now: number;
  let waits: Waits;
  beforeEach(() => {
    now = 0;
    waits = new Waits('/healthz', () => now);
  });

  /** A question that is answered, or fails, after some time. */
  async function ask(waitMs: number, error?: Error): Promise<void> {
    let settle = (): void => undefined;
    const answer = new Promise<void>((resolve, reject) => {
      settle = () => (error ? reject(error) : resolve());
    });
    const measured = waits.of(answer);
    now += waitMs;
    settle();
    await measured;
  }

  it('are told by their median and the longest', async () => {
    for (const waitMs of [5, 1, 300, 3, 4]) await ask(waitMs);
    expect(waits.summary()).to.include({ answered: 5, medianMs: 4, mostMs: 300, pendingMs: 0 });
  });

  it('are told apart from questions that were never answered', async () => {
    await ask(2);
    await ask(10, Object.assign(new Error('reset'), { code: 'ECONNRESET' }));
    await ask(10, new Error('no answer'));
    const summary = waits.summary();
    expect(summary.answered).to.equal(1);
    expect(summary.failed).to.deep.equal({ ECONNRESET: 1, 'no answer': 1 });
  });

  it('last while there is no answer', async () => {
    await ask(2);
    void waits.of(new Promise(() => undefined));
    now += 5000;
    expect(longest(waits.summary())).to.equal(5000);
  });

  it('are none before anything was asked', () => {
    expect(waits.summary()).to.include({ answered: 0, mostMs: 0, pendingMs: 0 });
  });
});
