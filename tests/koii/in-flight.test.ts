import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { shareInFlight } from '../../src/koii/in-flight';

const LONG_MS = 60_000;

describe('shareInFlight', () => {
  let asked: unknown[][];
  /** What settles the calls, in the order in which they were made. */
  let settle: ((error?: Error) => void)[];
  beforeEach(() => ([asked, settle] = [[], []]));

  const ask = (...args: unknown[]): Promise<object> => {
    asked.push(args);
    return new Promise((resolve, reject) => {
      settle.push((error) => (error ? reject(error) : resolve({ args })));
    });
  };

  it('asks once for those that ask the same at the same time, and gives them the same', async () => {
    const shared = shareInFlight(ask, LONG_MS);
    const answers = [shared(7), shared(7), shared(7)];
    settle[0]!();
    const [first, ...others] = await Promise.all(answers);
    for (const other of others) expect(other).to.equal(first);
    expect(asked).to.deep.equal([[7]]);
  });

  it('asks for each of what differs', () => {
    const shared = shareInFlight(ask, LONG_MS);
    const questions = [[], [7], [8], ['7'], [{}], [{ all: true }], ['a', 7], ['a', 8]];
    for (const question of [...questions, ...questions]) void shared(...question);
    expect(asked).to.deep.equal(questions);
  });

  it('asks again once the answer is there', async () => {
    const shared = shareInFlight(ask, LONG_MS);
    const first = shared(7);
    settle[0]!();
    await first;
    const second = shared(7);
    settle[1]!();
    expect(await second).to.not.equal(await first);
  });

  it('gives a failure to all who wait for it, and to nobody after', async () => {
    const shared = shareInFlight(ask, LONG_MS);
    const failed = [shared(7), shared(7)].map((answer) =>
      answer.catch((error: Error) => error.message),
    );
    settle[0]!(new Error('away'));
    for (const error of await Promise.all(failed)) expect(error).to.equal('away');
    const next = shared(7);
    settle[1]!();
    expect(await next).to.deep.equal({ args: [7] });
  });

  it('asks anew where an answer does not come: a call that hangs is not shared for ever', async () => {
    const shared = shareInFlight(ask, 20);
    void shared(7);
    await sleep(30);
    const next = shared(7);
    const beside = shared(7);
    expect(asked).to.have.length(2);
    // The late answer of the first must not make a third ask, while the second is on its way.
    settle[0]!();
    await sleep(0);
    expect(shared(7)).to.equal(next).and.to.equal(beside);
    settle[1]!();
    await next;
  });
});
