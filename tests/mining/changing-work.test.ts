import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { Engine } from '../../src/mining/engine';
import { createJsKernel } from '../../src/mining/kernels/js';
import { Search } from '../../src/mining/search';
import { MiningThread, type EngineWork } from '../../src/mining/threads/mining-thread';
import { threadProgram } from '../../src/mining/threads/thread-program';
import { packAttempt, type Attempt } from '../../src/work/attempt';
import { testTemplate } from '../fixtures/template';
import { until } from '../fixtures/until';

/** One find in 2^8 hashes: even the shortest batch has some, so a lost batch is noticed. */
const TARGET = 2n ** 248n - 1n;
const PART = 2 ** 24;
/** The finds are checked after this many hashes. */
const CHUNK = 2 ** 12;

const kernel = createJsKernel();
const quiet = {
  log: () => undefined,
  onReady: () => undefined,
  onFailure: () => undefined,
};

/** A work that records what was reported to it. */
class Watched implements EngineWork {
  readonly template;
  readonly target = TARGET;
  readonly found: Attempt[] = [];
  hashes = 0;

  constructor(
    round: number,
    readonly prefix = 0,
    readonly extranonce2 = 0,
  ) {
    this.template = testTemplate(round);
  }

  readonly onFound = (more: Attempt[]): void => void this.found.push(...more);
  readonly onHashes = (count: number): void => void (this.hashes += count);
}

/** Another template and other ground at each call. */
let rounds = 0;
const anyWork = (): Watched =>
  new Watched(++rounds, Math.floor(Math.random() * 2 ** 16), Math.floor(Math.random() * 2 ** 32));

const upTo = (limit: number): number => Math.floor(Math.random() * (limit + 1));
/** Lets the threads get into whatever state they reach by then. */
const anyTime = (limitMs: number): Promise<void> => sleep(upTo(limitMs));

/**
 * Hashes one part of a work again: the reported finds must be the first ones there, in order.
 * @returns at least and at most how many hashes give these finds and no more
 */
function expectFirstFinds(work: Watched, extranonce2: number): { least: number; most: number } {
  const told = work.found.filter((attempt) => attempt.extranonce2 === extranonce2);
  const search = new Search(kernel, { ...work, extranonce2 }, TARGET);
  const finds: Attempt[] = [];
  while (finds.length <= told.length) finds.push(...search.step(CHUNK).found);
  const text = (attempts: Attempt[]): string[] =>
    attempts.map((attempt) => packAttempt(attempt).toString('hex'));
  expect(text(told)).to.deep.equal(text(finds.slice(0, told.length)));
  const { versions } = kernel;
  const last = told.at(-1)?.nonce ?? -1;
  return { least: (last + 1) * versions, most: finds[told.length]!.nonce * versions };
}

/**
 * The finds reported for a work must be exactly those in its first hashes, as many as were reported: on the ground of
 * one thread, or of several together.
 */
function expectAllTold(work: Watched, threads = [0]): void {
  const parts = threads.map((index) => (work.extranonce2 + index * PART) % 2 ** 32);
  const bounds = parts.map((extranonce2) => expectFirstFinds(work, extranonce2));
  const total = (which: 'least' | 'most'): number =>
    bounds.reduce((sum, each) => sum + each[which], 0);
  expect(work.hashes).to.be.within(total('least'), total('most'));
  const elsewhere = work.found.filter(
    ({ prefix, extranonce2 }) => prefix !== work.prefix || !parts.includes(extranonce2),
  );
  expect(elsewhere).to.deep.equal([]);
}

describe('Work that changes', function () {
  // On a busy machine a thread of the lowest priority takes seconds for a batch, and each work gets at least one.
  this.timeout(180_000);
  const ends: (() => Promise<void>)[] = [];
  const start = async (threads: number): Promise<Engine> => {
    const engine = new Engine({ threads, backend: 'js', log: () => undefined });
    ends.push(() => engine.close());
    await until(() => engine.backends.every(Boolean));
    return engine;
  };

  // From source the program is built once, by esbuild, which starts a thread for that.
  before(() => threadProgram());
  afterEach(() => Promise.all(ends.splice(0).map((end) => end())));

  it('loses, doubles and mixes up no find and no hash of a thread', async () => {
    const threads = [0, 1].map((index) => new MiningThread(index, 'js', quiet));
    ends.push(...threads.map((thread) => () => thread.close()));
    await until(() => threads.every(({ backend }) => backend));
    const works: Watched[][] = [];
    for (let count = 0; count < 15; count++) {
      const { template, prefix, extranonce2 } = anyWork();
      const each = threads.map(() => new Watched(template.height, prefix, extranonce2));
      each.forEach((work, index) => threads[index]!.search(work));
      works.push(each);
      await anyTime(60);
    }
    await Promise.all(threads.map((thread) => thread.stop()));
    for (const each of works) each.forEach((work, index) => expectAllTold(work, [index]));
    // Each order gives at least one batch.
    expect(works.flat().every(({ found }) => found.length > 0)).to.equal(true);
  });

  it('loses none while searches and stops come in any order', async () => {
    const engine = await start(1);
    const works: Watched[] = [];
    const stops: Promise<void>[] = [];
    for (let count = 0; count < 20; count++) {
      for (let more = upTo(2); more > 0; more--) stops.push(engine.stop());
      const work = anyWork();
      engine.search(work);
      works.push(work);
      for (let more = upTo(1); more > 0; more--) stops.push(engine.stop());
      await anyTime(60);
    }
    await Promise.all([...stops, engine.stop()]);
    for (const work of works) expectAllTold(work);
    expect(engine.hashes).to.equal(works.reduce((sum, { hashes }) => sum + hashes, 0));
    expect(works.every(({ found }) => found.length > 0)).to.equal(true);
  });

  it('loses none of threads that are no longer wanted', async () => {
    const engine = await start(3);
    const works: { work: Watched; threads: number[] }[] = [];
    for (let count = 0; count < 10; count++) {
      // Every other time fewer threads; new ones may not be up before they are dismissed.
      const threads = count % 2 === 0 ? 3 : 1 + upTo(1);
      engine.configure({ threads, backend: 'js' });
      const work = anyWork();
      engine.search(work);
      works.push({ work, threads: [0, 1, 2].slice(0, threads) });
      await anyTime(120);
    }
    engine.configure({ threads: 1, backend: 'js' });
    const last = anyWork();
    engine.search(last);
    // Waits for the dismissed threads too.
    await engine.stop();
    for (const { work, threads } of works) expectAllTold(work, threads);
    expectAllTold(last);
    const all = [last, ...works.map(({ work }) => work)];
    expect(engine.hashes).to.equal(all.reduce((sum, { hashes }) => sum + hashes, 0));
  });

  it('is told in full to any number of stops at once', async () => {
    const engine = await start(2);
    const work = anyWork();
    engine.search(work);
    await until(() => work.hashes > 0);
    const told: number[] = [];
    const stop = (): Promise<void> => engine.stop().then(() => void told.push(work.hashes));
    await Promise.all([stop(), stop(), stop()]);
    await stop();
    expectAllTold(work, [0, 1]);
    expect(new Set(told)).to.deep.equal(new Set([work.hashes]));
  });

  it('may begin during a stop, which neither ends it nor waits for it', async () => {
    const engine = await start(1);
    const [before, after] = [anyWork(), anyWork()];
    engine.search(before);
    await until(() => before.found.length > 0);
    const stopped = engine.stop();
    engine.search(after);
    await stopped;
    expectAllTold(before);
    const { hashes } = after;
    const { length } = after.found;
    await until(() => after.hashes > hashes && after.found.length > length);
    await engine.stop();
    expectAllTold(before);
    expectAllTold(after);
  });

  it('may be stopped and begun before the threads are up', async () => {
    const engine = new Engine({ threads: 1, backend: 'js', log: () => undefined });
    ends.push(() => engine.close());
    const [before, after] = [anyWork(), anyWork()];
    engine.search(before);
    await Promise.all([engine.stop(), engine.stop()]);
    expect(engine.backends).to.deep.equal([undefined]);
    engine.search(after);
    await until(() => after.hashes > 0);
    await engine.stop();
    expectAllTold(after);
    expect(before).to.include({ hashes: 0 });
    expect(before.found).to.deep.equal([]);
  });

  it('has the target that is set for it alone', async () => {
    const engine = await start(1);
    const [before, hard, after] = [anyWork(), anyWork(), anyWork()];
    engine.search(before);
    await until(() => before.found.length > 0);
    engine.search(hard);
    engine.setTarget(0n);
    const hashesOn = async (): Promise<void> => {
      const { hashes } = hard;
      await until(() => hard.hashes > hashes);
    };
    // The first report may be from before it had the target.
    await hashesOn();
    await hashesOn();
    const { length } = hard.found;
    await hashesOn();
    await engine.stop();
    expect(hard.found).to.have.length(length);
    // There is no work to set it for.
    engine.setTarget(0n);
    engine.search(after);
    await until(() => after.hashes > 0);
    await engine.stop();
    expectAllTold(before);
    expectAllTold(after);
  });
});
