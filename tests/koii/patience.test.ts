import { expect } from 'chai';
import { NodeCallError } from '../../src/koii/node-call';
import { FIRST_WAIT_MS, LONG_MS, LONGEST_WAIT_MS, Patience } from '../../src/koii/patience';
import { createLog } from '../../src/log';
import { NotYetError } from '../../src/rounds/seeds';
import { FakeClock } from '../fixtures/fake-clock';

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

  /** A question that fails until a time. @returns when it was tried, too */
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
    // One failed call has not to wait for as long as the chain is waited for by now.
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
