import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { FLOOR } from '../../src/consensus';
import { Engine } from '../../src/mining/engine';
import type { EngineWork } from '../../src/mining/threads/mining-thread';
import { shareOf } from '../../src/proof/shares';
import { extranonceOf, packAttempt, type Attempt } from '../../src/work/attempt';
import { testTemplate } from '../fixtures/template';
import { until } from '../fixtures/until';

/** One hash in 2^8 is at most this. */
const EASY = 2n ** 248n - 1n;
/** A thread that works reports finds more often than this. */
const QUIET_MS = 300;

describe('Engine', () => {
  const messages: string[] = [];
  const template = testTemplate();
  const engines: Engine[] = [];
  const start = (threads: number): Engine => {
    const engine = new Engine({ threads, backend: 'auto', log: (_, text) => messages.push(text) });
    engines.push(engine);
    return engine;
  };
  /** Work whose results nobody needs. */
  const work = (some: Partial<EngineWork> = {}): EngineWork => ({
    template,
    prefix: 0,
    extranonce2: 0,
    target: FLOOR,
    onFound: () => undefined,
    onHashes: () => undefined,
    ...some,
  });

  afterEach(() => Promise.all(engines.splice(0).map((engine) => engine.close())));

  it('finds shares that hash to what they claim, each thread in a part of the extranonce2 of its own', async () => {
    const engine = start(2);
    const found: Attempt[] = [];
    const target = FLOOR << 6n;
    const extranonces = (): string[] => [
      ...new Set(found.map((attempt) => extranonceOf(attempt).toString('hex'))),
    ];
    engine.search(
      work({
        prefix: 0x0abc,
        extranonce2: 0xff000005,
        target,
        onFound: (more) => found.push(...more),
      }),
    );
    await until(() => extranonces().length === 2);
    await engine.stop();
    // The second part begins 2^24 after the first, beyond the end of 32 bits.
    expect(extranonces()).to.have.members(['0abcff000005', '0abc00000005']);
    for (const attempt of found) {
      expect(shareOf(template, attempt).hashValue <= target).to.equal(true);
    }
    const distinct = new Set(found.map((attempt) => shareOf(template, attempt).hashValue));
    expect(distinct.size).to.equal(found.length);
    expect(engine.backends.every(Boolean)).to.equal(true);
  });

  it('tells when each thread began to hash a work', async () => {
    const engine = start(2);
    for (let works = 0; works < 2; works++) {
      const begunAtNs: bigint[] = [];
      const searchedAtNs = process.hrtime.bigint();
      engine.search(work({ onBegun: (atNs) => begunAtNs.push(atNs) }));
      await until(() => begunAtNs.length === 2);
      const toldAtNs = process.hrtime.bigint();
      for (const atNs of begunAtNs) {
        expect(atNs > searchedAtNs && atNs < toldAtNs).to.equal(true);
      }
      await engine.stop();
      expect(begunAtNs).to.have.length(2);
    }
  });

  it('finds about as many shares as its hashes promise', async () => {
    const engine = start(1);
    let count = 0;
    const target = (1n << 244n) - 1n; // one hash in 2^12
    engine.search(work({ target, onFound: (more) => (count += more.length) }));
    await until(() => engine.hashes > 2 ** 22);
    await engine.stop();
    const expected = engine.hashes / 2 ** 12;
    // Five standard deviations of a Poisson count.
    expect(count).to.be.closeTo(expected, 5 * Math.sqrt(expected));
  });

  it('stops: no hash is done and nothing is found after', async () => {
    const engine = start(1);
    let late = false;
    let lateFinds = 0;
    engine.search(work({ target: FLOOR << 6n, onFound: () => (lateFinds += late ? 1 : 0) }));
    await until(() => engine.hashes > 0);
    await engine.stop();
    late = true;
    const { hashes } = engine;
    await sleep(300);
    expect(engine.hashes).to.equal(hashes);
    expect(lateFinds).to.equal(0);
    expect(engine.hashrateHps).to.equal(0);
  });

  it('goes from work to work and raises the bar within one', async () => {
    const engine = start(1);
    const first: Attempt[] = [];
    const second: Attempt[] = [];
    const other = testTemplate(6);
    const target = FLOOR << 6n;
    engine.search(work({ target, onFound: (more) => first.push(...more) }));
    await until(() => first.length > 0);
    engine.search(work({ template: other, target, onFound: (more) => second.push(...more) }));
    await until(() => second.length > 0);
    const before = first.length;
    expect(shareOf(template, first.at(-1)!).hashValue <= target).to.equal(true);
    expect(shareOf(other, second[0]!).hashValue <= target).to.equal(true);
    engine.setTarget(0n);
    const hashesOn = async (): Promise<void> => {
      const { hashes } = engine;
      await until(() => engine.hashes > hashes);
    };
    // The first report may be from before it had the target.
    await hashesOn();
    await hashesOn();
    const found = second.length;
    await hashesOn();
    await engine.stop();
    expect(second).to.have.length(found);
    expect(first).to.have.length(before);
  });

  it('is made another way with the next work, and no sooner', async () => {
    const engine = start(1);
    const found = new Set<number>();
    // If a work begins at 0, the first byte of extranonce2 is the thread's number.
    const onFound = (more: Attempt[]): void =>
      more.forEach(({ extranonce2 }) => found.add(extranonce2 >>> 24));
    const search = (): void => {
      found.clear();
      engine.search(work({ target: FLOOR << 6n, onFound }));
    };
    search();
    await until(() => found.size > 0);
    engine.configure({ threads: 3, backend: 'js' });
    const { hashes } = engine;
    await until(() => engine.hashes > hashes);
    expect(engine.backends).to.have.length(1);
    expect(engine.requestedBackend).to.equal('auto');

    search();
    await until(() => found.size === 3);
    // The old thread may still report what it found, so not all of the new ones need be up.
    await until(() => messages.includes('mining with 3 threads on js'));
    expect(engine.backends).to.deep.equal(['js', 'js', 'js']);

    engine.configure({ threads: 1, backend: 'js' });
    await engine.stop();
    search();
    await until(() => found.size > 0);
    // The two dismissed threads find nothing more.
    await sleep(300);
    expect([...found]).to.deep.equal([0]);
    expect(engine.backends).to.deep.equal(['js']);
    for (const threads of [0, 257, 1.5]) {
      expect(() => engine.configure({ threads, backend: 'auto' })).to.throw(RangeError, '1 to 256');
    }
    await engine.stop();
  });

  it('keeps threads that are made anew at rest while it rests', async () => {
    const engine = start(1);
    engine.setIntensity(0);
    engine.configure({ threads: 2, backend: 'js' });
    engine.search(work());
    await until(() => engine.backends.every(Boolean));
    await sleep(300);
    expect(engine.hashes).to.equal(0);
    engine.setIntensity(100);
    await until(() => engine.hashes > 0);
    await engine.stop();
  });

  it('waits where it is while paused, and goes on without losing or repeating a share', async () => {
    const engine = start(1);
    const found: Attempt[] = [];
    const target = FLOOR << 6n;
    let toldAtMs = 0;
    const onFound = (more: Attempt[]): void => {
      found.push(...more);
      toldAtMs = performance.now();
    };
    const onHashes = (): void => void (toldAtMs = performance.now());
    engine.search(work({ target, onFound, onHashes }));
    await until(() => found.length > 10);
    engine.setIntensity(0);
    await until(() => performance.now() - toldAtMs > QUIET_MS);
    const { hashes } = engine;
    const count = found.length;
    expect(engine.hashrateHps).to.equal(0);
    await sleep(300);
    expect(engine.hashes).to.equal(hashes);
    expect(found).to.have.length(count);
    engine.setIntensity(100);
    await until(() => found.length > count + 10 && engine.hashrateHps > 0);
    await engine.stop();
    const keys = found.map((attempt) => packAttempt(attempt).toString('hex'));
    expect(new Set(keys).size).to.equal(keys.length);
    const nonces = found.map(({ nonce }) => nonce);
    expect(nonces).to.deep.equal([...nonces].sort((a, b) => a - b));
  });

  it('knows its rate over works, rests and changes of its intensity', async () => {
    const engine = start(2);
    const zeros: string[] = [];
    const search = (): void => engine.search(work({ target: 0n }));
    /** Reads the rate again and again, as anybody may at any time. */
    const watch = async (after: string): Promise<void> => {
      for (let reads = 0; reads < 15; reads++) {
        if (engine.hashrateHps === 0) zeros.push(after);
        if (engine.threadStates.some(({ hashrateHps }) => hashrateHps === 0)) zeros.push(after);
        await sleep(25);
      }
    };
    expect(engine.workHps).to.equal(undefined);
    search();
    await until(() => engine.threadStates.every(({ hashrateHps }) => hashrateHps > 0));
    engine.setIntensity(100);
    await watch('the same intensity');
    const full = engine.hashrateHps;
    engine.setIntensity(50);
    expect(engine.hashrateHps / full).to.be.closeTo(0.5, 0.01);
    await watch('another intensity');
    search();
    await watch('another work');
    engine.setIntensity(0);
    expect(engine.hashrateHps).to.equal(0);
    expect(engine.workHps! / full).to.be.greaterThan(0.1);
    engine.setIntensity(50);
    await watch('a rest');
    await engine.stop();
    expect(engine.hashrateHps).to.equal(0);
    search();
    await watch('a stop');
    engine.configure({ threads: 3, backend: 'js' });
    search();
    await until(() => engine.backends.every(Boolean));
    await watch('a change of the threads');
    expect(zeros).to.deep.equal([]);
    await engine.stop();
  });

  it('stops at once while it is paused or rests for long', async () => {
    const engine = start(1);
    let foundAtMs = 0;
    const onFound = (): void => void (foundAtMs = performance.now());
    // Each batch finds something.
    engine.search(work({ target: EASY, onFound }));
    // By then batches take their full time.
    await until(() => engine.hashes > 0);
    engine.setIntensity(1);
    await until(() => performance.now() - foundAtMs > QUIET_MS / 2);
    const startedAt = performance.now();
    await engine.stop();
    // At 1 % a rest takes some two seconds: stopping must not wait for its end.
    expect(performance.now() - startedAt).to.be.lessThan(1000);
    engine.setIntensity(0);
    engine.search(work());
    await engine.stop();
  });

  it('is stopped and closed before its threads are up', async () => {
    const engine = start(1);
    engine.search(work());
    await engine.stop();
    await engine.close();
    expect(engine.hashes).to.equal(0);
  });

  it('refuses a thread count out of range', () => {
    for (const threads of [0, 257, 1.5]) {
      expect(() => start(threads)).to.throw(RangeError, 'threads');
    }
  });
});
