import { expect } from 'chai';
import { z } from 'zod';
import { NotYetError } from '../../src/audit/seeds';
import {
  shareInFlight,
  callNode,
  NodeCallError,
  nodeCallFailures,
  FIRST_WAIT_MS,
  LONG_MS,
  LONGEST_WAIT_MS,
  Patience,
} from '../../src/koii/calls';
import { createLog } from '../../src/process/log';
import { FakeClock } from '../fixtures/fake-clock';

const SHARED_MS = 60_000;

describe('shareInFlight', () => {
  let asked: unknown[][];
  /** Functions that settle the calls, in the order in which these were made. */
  let settle: ((error?: Error) => void)[];
  beforeEach(() => ([asked, settle] = [[], []]));

  const ask = (...args: unknown[]): Promise<object> => {
    asked.push(args);
    return new Promise((resolve, reject) => {
      settle.push((error) => (error ? reject(error) : resolve({ args })));
    });
  };

  it('asks once for those that ask the same at the same time, and gives them the same', async () => {
    const shared = shareInFlight(ask, SHARED_MS);
    const answers = [shared(7), shared(7), shared(7)];
    settle[0]!();
    const [first, ...others] = await Promise.all(answers);
    for (const other of others) expect(other).to.equal(first);
    expect(asked).to.deep.equal([[7]]);
  });

  it('asks for each of what differs', () => {
    const shared = shareInFlight(ask, SHARED_MS);
    const questions = [[], [7], [8], ['7'], [{}], [{ all: true }], ['a', 7], ['a', 8]];
    for (const question of [...questions, ...questions]) void shared(...question);
    expect(asked).to.deep.equal(questions);
  });

  it('asks again once the answer is there', async () => {
    const shared = shareInFlight(ask, SHARED_MS);
    const first = shared(7);
    settle[0]!();
    await first;
    const second = shared(7);
    settle[1]!();
    expect(await second).to.not.equal(await first);
  });

  it('gives a failure to all who wait for it, and to nobody after', async () => {
    const shared = shareInFlight(ask, SHARED_MS);
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
    let nowMs = 0;
    const shared = shareInFlight(ask, SHARED_MS, () => nowMs);
    const first = shared(7);
    nowMs = SHARED_MS - 1;
    expect(shared(7)).to.equal(first);
    nowMs = SHARED_MS;
    const next = shared(7);
    const beside = shared(7);
    expect(asked).to.have.length(2);
    // A late answer to the first call must not cause a third while the second is on its way.
    settle[0]!();
    await first;
    expect(shared(7)).to.equal(next).and.to.equal(beside);
    settle[1]!();
    await next;
  });
});

const TIMEOUT_MS = 50;
const parse = (answer: unknown): number => z.number().parse(answer);

describe('callNode', () => {
  it('gives a good answer', async () => {
    expect(await callNode('getRound', () => Promise.resolve(7), parse)).to.equal(7);
  });

  const failures: [string, () => Promise<unknown>][] = [
    ['an error object', () => Promise.resolve({ error: 'x' })],
    ['null', () => Promise.resolve(null)],
    ['nothing', () => Promise.resolve(undefined)],
    ['another type', () => Promise.resolve('7')],
    ['a rejection', () => Promise.reject(new Error('refused'))],
    ['silence', () => new Promise(() => undefined)],
  ];
  for (const [what, fail] of failures) {
    it(`asks once, names what was asked, and counts it, after ${what}`, async () => {
      const before = nodeCallFailures.get('getRound')!;
      let tries = 0;
      const call = (): Promise<unknown> => {
        tries++;
        return fail();
      };
      const error = await callNode('getRound', call, parse, TIMEOUT_MS).catch((e: unknown) => e);
      expect(error).to.be.instanceOf(NodeCallError);
      expect(String(error)).to.include('getRound');
      expect((error as Error).cause).to.not.equal(undefined);
      expect(tries).to.equal(1);
      expect(nodeCallFailures.get('getRound')).to.equal(before + 1);
    });
  }
});

const MINUTE_MS = 60_000;

describe('patience', () => {
  let clock: FakeClock;
  let lines: string[];
  let patience: Patience;
  beforeEach(() => {
    clock = new FakeClock();
    lines = [];
    const log = createLog('info', (line) => lines.push(line));
    patience = new Patience({ log, clock });
  });

  /** A question that fails until a time. @returns the times of its tries, too */
  const question = (
    wellAt: number,
    failure = (): Error => new NodeCallError('away', { cause: new Error('refused') }),
  ): { tries: number[]; ask: () => Promise<number> } => {
    const tries: number[] = [];
    const ask = (): Promise<number> => {
      tries.push(clock.now());
      return clock.now() < wellAt ? Promise.reject(failure()) : Promise.resolve(7);
    };
    return { tries, ask };
  };

  it('gives what the first good try gives, after waits that double', async () => {
    const { ask, tries } = question(3 * FIRST_WAIT_MS);
    const answer = patience.patiently('it', ask);
    await clock.runUntil(MINUTE_MS);
    expect(await answer).to.equal(7);
    expect(tries).to.deep.equal([0, FIRST_WAIT_MS, 3 * FIRST_WAIT_MS]);
  });

  it('throws at once what is none of a trouble that passes', async () => {
    const fault = new RangeError('no round');
    const { ask, tries } = question(Infinity, () => fault);
    expect(await patience.patiently('it', ask).catch((e: unknown) => e)).to.equal(fault);
    expect(tries).to.deep.equal([0]);
    expect(lines).to.deep.equal([]);
  });

  it('ends with the last failure when its time is over, with a try at its end', async () => {
    const { ask, tries } = question(Infinity);
    const ended = patience.patiently('it', ask, { forMs: LONG_MS }).catch((e: unknown) => e);
    await clock.runUntil(10 * MINUTE_MS);
    expect(await ended).to.be.instanceOf(NodeCallError);
    expect(tries[tries.length - 1]).to.equal(LONG_MS);
    expect(tries.length).to.be.lessThan(13);
  });

  it('has all that wait try at the same time, whenever they came', async () => {
    const wellAt = 10 * MINUTE_MS;
    const questions = Array.from({ length: 30 }, () => question(wellAt));
    const answers: Promise<number>[] = [];
    for (const [i, { ask }] of questions.entries()) {
      await clock.runUntil(i * 10_000);
      answers.push(patience.patiently(`question ${i}`, ask));
    }
    await clock.runUntil(wellAt + LONGEST_WAIT_MS);
    expect(await Promise.all(answers)).to.deep.equal(questions.map(() => 7));
    const times = new Set(questions.flatMap(({ tries }) => tries.slice(1)));
    expect(times.size).to.be.lessThan(10 + wellAt / LONGEST_WAIT_MS);
  });

  it('wakes all that wait as soon as the node has answered one', async () => {
    const slow = question(5 * MINUTE_MS);
    const answer = patience.patiently('it', slow.ask);
    await clock.runUntil(5 * MINUTE_MS + 1);
    const triesBefore = slow.tries.length;
    expect(await patience.patiently('another', () => Promise.resolve(1))).to.equal(1);
    await clock.runUntil(5 * MINUTE_MS + 2);
    expect(slow.tries).to.have.length(triesBefore + 1);
    expect(await answer).to.equal(7);
  });

  it('ends at once when aborted, even while it waits', async () => {
    const abort = new AbortController();
    const { ask, tries } = question(Infinity);
    const { signal } = abort;
    const ended = patience.patiently('it', ask, { signal }).catch((e: unknown) => e);
    await clock.runUntil(5 * MINUTE_MS);
    const before = tries.length;
    abort.abort();
    expect(await ended).to.have.property('name', 'AbortError');
    await clock.runUntil(10 * MINUTE_MS);
    expect(tries).to.have.length(before);
  });

  it('tells of a trouble whole when it begins, counts then, and says when it is over', async () => {
    const questions = Array.from({ length: 3 }, () => question(14 * MINUTE_MS));
    const answers = questions.map(({ ask }, i) => patience.patiently(`question ${i}`, ask));
    await clock.runUntil(15 * MINUTE_MS);
    await Promise.all(answers);
    expect(lines[0]).to.include('question 0 has to wait').and.include('refused').and.include('at ');
    for (const line of lines.slice(1)) expect(line).to.not.include('at ');
    expect(lines.length).to.be.within(10, 16);
    const tries = questions.reduce((sum, each) => sum + each.tries.length - 1, 0);
    expect(lines[lines.length - 1]).to.match(
      new RegExp(`the node answers again: ${tries} tries failed in 1[45] min`),
    );
  });

  it('waits for a chain that is not there by a pace of its own, and says why', async () => {
    const late = question(5 * MINUTE_MS, () => new NotYetError('the chain is still in round 9'));
    const answer = patience.patiently('round 10', late.ask);
    await clock.runUntil(4 * MINUTE_MS);
    expect(lines[0]).to.include('round 10 has to wait: the chain is still in round 9');
    expect(lines[0]).to.not.include('at ');
    // A single failed call doesn't wait as long as the chain is waited for by now.
    const quick = question(clock.now() + 1);
    const asked = clock.now();
    const other = patience.patiently('another', quick.ask);
    await clock.runUntil(asked + FIRST_WAIT_MS);
    expect(await other).to.equal(7);
    await clock.runUntil(6 * MINUTE_MS);
    expect(await answer).to.equal(7);
  });

  it('begins with short waits again after a trouble that nobody waited out', async () => {
    const given = question(Infinity);
    const ended = patience.patiently('it', given.ask, { forMs: LONG_MS }).catch(() => undefined);
    await clock.runUntil(10 * MINUTE_MS);
    await ended;
    const { ask, tries } = question(clock.now() + 1);
    const answer = patience.patiently('it', ask);
    await clock.runUntil(11 * MINUTE_MS);
    expect(await answer).to.equal(7);
    expect(tries[1]! - tries[0]!).to.equal(FIRST_WAIT_MS);
  });
});
