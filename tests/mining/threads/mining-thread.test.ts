import { setTimeout as sleep } from 'node:timers/promises';
import threads, { type Worker, type WorkerOptions } from 'node:worker_threads';
import { expect } from 'chai';
import { FLOOR } from '../../../src/consensus';
import { Engine } from '../../../src/mining/engine';
import { availableAddons } from '../../../src/mining/kernels/addon-files';
import type { EngineWork } from '../../../src/mining/threads/mining-thread';
import { threadProgram } from '../../../src/mining/threads/thread-program';
import { extranonceOf, packAttempt, type Attempt } from '../../../src/work/attempt';
import { scriptedThread } from '../../fixtures/scripted-thread';
import { testTemplate } from '../../fixtures/template';
import { until } from '../../fixtures/until';

/** What Node says when the system has no more threads to give. */
const NO_THREAD = 'Worker initialization failure: EAGAIN';

describe('a mining thread', function () {
  this.timeout(60_000);
  const template = testTemplate();
  const RealWorker = threads.Worker;
  let messages: string[];
  let started: Worker[];
  let found: Attempt[];
  let engine: Engine | undefined;

  /** Runs `intervene` before each thread starts: it may throw, or return another program. */
  const beforeEachStart = (intervene: () => string | undefined): void => {
    threads.Worker = class extends RealWorker {
      constructor(program: string, options: WorkerOptions) {
        super(intervene() ?? program, {
          ...options,
          resourceLimits: { maxOldGenerationSizeMb: 64 },
        });
        started.push(this);
      }
    };
  };
  const work = (some: Partial<EngineWork> = {}): EngineWork => ({
    template,
    prefix: 0,
    extranonce2: 9,
    target: FLOOR << 6n,
    onFound: (more) => found.push(...more),
    onHashes: () => undefined,
    ...some,
  });
  const mine = (count: number, backend: 'auto' | 'js' = 'js'): Engine => {
    engine = new Engine({
      threads: count,
      backend,
      log: (level, text) => messages.push(level === 'info' ? text : `${level}: ${text}`),
    });
    engine.search(work());
    return engine;
  };
  const extranonces = (attempts: Attempt[]): string[] => [
    ...new Set(attempts.map((attempt) => extranonceOf(attempt).toString('hex'))),
  ];
  const told = (text: string | RegExp): string[] => messages.filter((line) => line.match(text));

  /** Moves the time on this thread, not in the mining threads. */
  const clock = { forwardMs: 0 };
  const realNow = performance.now.bind(performance);

  // From source the program is built once, by esbuild, which starts a thread for that.
  before(() => threadProgram());
  beforeEach(() => {
    [messages, started, found] = [[], [], []];
    performance.now = () => realNow() + clock.forwardMs;
    beforeEachStart(() => undefined);
  });
  afterEach(async () => {
    threads.Worker = RealWorker;
    performance.now = realNow;
    clock.forwardMs = 0;
    await engine?.close();
  });

  it("that can't be started is tried again, and the others mine", async () => {
    let free = 2;
    let refused = 0;
    beforeEachStart(() => {
      if (free-- > 0) return undefined;
      refused++;
      throw new Error(NO_THREAD);
    });
    const engine = mine(4);
    await until(() => told('mining with').length === 1);
    expect(told('mining with'), messages.join('\n')).to.deep.equal([
      'warn: mining with 2 of 4 threads on js',
    ]);
    expect(engine.threadStates.map(({ failed }) => failed)).to.have.members([
      false,
      false,
      true,
      true,
    ]);
    await until(() => engine.hashrateHps > 0);
    expect(engine.healthy).to.equal(true);
    // A first and a second try of both.
    await until(() => refused >= 4);
    free = Infinity;
    await until(() => new Set(found.map(({ extranonce2 }) => extranonce2 >>> 24)).size === 4);
    await until(() => told('mining with 4 of 4 threads').length === 1);
    expect(told('failed')).to.deep.equal([`warn: mining thread failed: ${NO_THREAD}`]);
  });

  it('may be the only one, and be missing: that is unhealthy until it is there', async () => {
    let free = false;
    beforeEachStart(() => {
      if (!free) throw new Error(NO_THREAD);
      return undefined;
    });
    const engine = mine(1);
    expect(engine.healthy).to.equal(false);
    await engine.stop();
    free = true;
    await until(() => engine.healthy);
    expect(told('failed')).to.deep.equal([`warn: mining thread failed: ${NO_THREAD}`]);
  });

  it('that dies is started again, on ground it has not searched', async () => {
    const engine = mine(1);
    await until(() => found.length > 10 && engine.hashes > 0);
    const { hashes } = engine;
    await started[0]!.terminate();
    expect(engine.healthy).to.equal(false);
    const before = found.splice(0);
    await until(() => found.length > 0 && engine.hashes > hashes);
    expect(engine.healthy).to.equal(true);
    expect(extranonces(before)).to.deep.equal(['000000000009']);
    expect(extranonces(found)).to.deep.equal(['00000000000a']);
    expect(told('failed')).to.deep.equal(['warn: mining thread failed: it ended with code 1']);
  });

  it('that dies before it told of its hashes leaves what it found, and goes on behind that', async () => {
    const engine = mine(2);
    const ofSecond = (): Attempt[] => found.filter(({ extranonce2 }) => extranonce2 >>> 24 === 1);
    await until(() => ofSecond().length > 0 && ofSecond().length < found.length);
    await started[1]!.terminate();
    const before = ofSecond().length;
    await until(() => ofSecond().length > before);
    await engine.stop();
    expect(extranonces(ofSecond())).to.deep.equal(['000001000009', '00000100000a']);
    const keys = found.map((attempt) => packAttempt(attempt).toString('hex'));
    expect(new Set(keys).size).to.equal(keys.length);
    expect(extranonces(found.filter(({ extranonce2 }) => extranonce2 >>> 24 === 0))).to.deep.equal([
      '000000000009',
    ]);
  });

  it('that dies goes on with the work that is searched now, and its target, and with no other', async () => {
    const engine = mine(1);
    await until(() => found.length > 10);
    const later: Attempt[] = [];
    const hashes = { count: 0 };
    engine.search(
      work({
        prefix: 7,
        extranonce2: 0xffffffff,
        target: 0n,
        onFound: (more) => later.push(...more),
        onHashes: (more) => (hashes.count += more),
      }),
    );
    await until(() => hashes.count > 0);
    await started[0]!.terminate();
    const before = { found: found.length, hashes: hashes.count };
    engine.setTarget(FLOOR << 6n);
    await until(() => later.length > 10 && hashes.count > before.hashes);
    await engine.stop();
    expect(extranonces(later)).to.deep.equal(['000700000000']);
    expect(found).to.have.length(before.found);
  });

  it('that dies goes on behind the last extranonce2 it told of', async () => {
    // The first thread reports the very last extranonce2 and dies. The second dies too, without reporting anything.
    beforeEachStart(() =>
      scriptedThread(`
        if (message.type !== 'search') return;
        const { order, space: { extranonce2 } } = message;
        post({ type: 'log', level: 'info', message: 'begins at ' + extranonce2 });
        if (extranonce2 === 9) post({ type: 'progress', order, hashes: 5, extranonce2: 2 ** 32 - 1 });
        if (extranonce2 !== 1) process.exit(3);`),
    );
    const engine = mine(1);
    await until(() => told('begins at').length === 3);
    expect(told('begins at')).to.deep.equal(['begins at 9', 'begins at 0', 'begins at 1']);
    expect(engine.hashes).to.equal(5);
  });

  describe('that does not answer', () => {
    /** Stops a work twice at once, after it replaced others. */
    const stopTwice = async (): Promise<{ engine: Engine; over: () => number }> => {
      beforeEachStart(() => scriptedThread(''));
      const engine = mine(1);
      await until(() => engine.backends[0] !== undefined);
      engine.search(work());
      engine.search(work());
      let over = 0;
      for (let stops = 0; stops < 2; stops++) void engine.stop().then(() => over++);
      await sleep(100);
      expect(over).to.equal(0);
      return { engine, over: () => over };
    };

    it('and dies ends the stops that wait for it', async () => {
      const { engine, over } = await stopTwice();
      await started[0]!.terminate();
      await until(() => over() === 2);
      await engine.stop();
      expect(engine.hashes).to.equal(0);
    });

    it('and is closed ends them as well', async () => {
      const { engine, over } = await stopTwice();
      await engine.close();
      await until(() => over() === 2);
      await engine.stop();
      expect(engine.hashes).to.equal(0);
    });

    it('and is no longer wanted is waited for, and closed with the engine', async () => {
      beforeEachStart(() => (started.length === 1 ? scriptedThread('') : undefined));
      const engine = mine(2);
      await until(() => engine.backends.every(Boolean));
      engine.configure({ threads: 1, backend: 'js' });
      engine.search(work());
      let over = false;
      void engine.stop().then(() => (over = true));
      await sleep(300);
      expect(over).to.equal(false);
      await engine.close();
      await until(() => over);
      expect(engine.backends).to.have.length(1);
    });
  });

  describe('says what it hashes with', () => {
    it('once for all threads, and a fault that all have once', async () => {
      const faults = ["native kernel can't run: no file /tmp/", 'mining at normal priority: code '];
      beforeEachStart(() => scriptedThread('', 'js', faults));
      mine(3);
      // Each thread reports its faults before it is up.
      await until(() => told('mining with').length > 0);
      expect(messages).to.have.length(3);
      expect(messages[0]).to.match(/^warn: native kernel can't run: no file \/tmp\/\d+$/);
      expect(messages[1]).to.match(/^warn: mining at normal priority: code \d+$/);
      expect(messages[2]).to.equal('mining with 3 threads on js');
    });

    it('by each backend, where threads differ', async () => {
      const backends = ['js', 'wasm', 'js'];
      beforeEachStart(() => scriptedThread('', backends.pop()));
      mine(3);
      await until(() => told('mining with').length > 0);
      expect(messages).to.deep.equal(['mining with 3 threads on 1 wasm, 2 js']);
    });

    it('and, where no native code was built, once what would make it faster', async function () {
      if (availableAddons().length > 0) this.skip();
      mine(2, 'auto');
      await until(() => told('native code would').length > 0);
      expect(messages.filter((line) => !line.startsWith('warn: mining at normal'))).to.deep.equal([
        `debug: there is no native code for ${process.platform}-${process.arch}`,
        'mining with 2 threads on wasm-simd',
        'native code would hash up to six times as fast: npm run build:native, which needs a C compiler',
      ]);
    });
  });

  it('that tells nothing for ten seconds stands still, and its rate is known all the same', async () => {
    const hanging = scriptedThread(`
      const { type, order } = message;
      if (type !== 'search') return;
      let hashes = 0;
      const telling = setInterval(() => {
        post({ type: 'progress', order, hashes: (hashes += 250_000), extranonce2: 9 });
        if (hashes === 1_500_000) clearInterval(telling);
      }, 250);`);
    beforeEachStart(() => hanging);
    const engine = mine(1);
    await until(() => engine.hashrateHps > 0);
    await until(() => engine.hashes === 1_500_000);
    clock.forwardMs = 5000;
    expect(engine.hashrateHps).to.be.within(5e5, 2e6);
    clock.forwardMs = 15_000;
    expect(engine.hashrateHps).to.equal(0);
    expect(engine.workHps).to.be.within(5e5, 2e6);
    expect(engine.hashes).to.equal(1_500_000);
  });

  it('that runs out of memory is started again', async () => {
    let greedy = true;
    beforeEachStart(() => {
      return greedy
        ? 'for (const hold = []; ; ) hold.push(new Array(1000).fill(hold));'
        : undefined;
    });
    const engine = mine(1);
    await until(() => told('failed').length > 0);
    expect(told('failed')).to.deep.equal([
      'warn: mining thread failed: Worker terminated due to reaching memory limit: JS heap out of memory',
    ]);
    expect(engine.healthy).to.equal(false);
    greedy = false;
    await until(() => engine.hashrateHps > 0);
    expect(engine.healthy).to.equal(true);
  });
});
