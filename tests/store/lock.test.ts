import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect } from 'chai';
import { createLog } from '../../src/process/log';
import { thisProcess, type Holder } from '../../src/store/holder';
import { LockHeldError, StoreLock, type LockTimes } from '../../src/store/lock';
import { describeProcesses } from '../runner/describe-processes';

const log = createLog('silent');
const HOLDER = path.join(__dirname, '../fixtures/lock-holder.ts');
const TSX = pathToFileURL(require.resolve('tsx')).href;

/** A lock is stale after half a second at the earliest. */
const TIMES = { renewMs: 50, lookMs: 10, staleLooks: 50, maxLooks: 70, settleMs: 40 };
/** For looks a millisecond apart: a lock is stale after several missed renewals. */
const LOOKS = { staleLooks: 40, maxLooks: 90 };
/** A lock that doesn't change never becomes stale. */
const PATIENT = { ...TIMES, staleLooks: Infinity };

describeProcesses("the store's lock", function () {
  this.timeout(60_000);
  let folder: string;
  let file: string;
  let locks: StoreLock[];
  let children: ChildProcess[];
  beforeEach(() => {
    folder = mkdtempSync(path.join(os.tmpdir(), 'lock-test-'));
    file = path.join(folder, 'state/store.lock');
    [locks, children] = [[], []];
  });
  afterEach(async () => {
    for (const lock of locks) lock.release();
    for (const child of children) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      const exit = once(child, 'exit');
      child.kill('SIGKILL');
      await exit;
    }
    rmSync(folder, { recursive: true, force: true });
  });

  const acquire = async (
    times: Partial<LockTimes> = TIMES,
    onLost: () => void = () => undefined,
  ): Promise<StoreLock> => {
    const lock = await StoreLock.acquire(file, log, onLost, times);
    locks.push(lock);
    return lock;
  };
  const failure = (promise: Promise<unknown>): Promise<unknown> =>
    promise.then(
      () => undefined,
      (error: unknown) => error,
    );
  /** A separate process that holds the lock. */
  const hold = async (): Promise<ChildProcess> => {
    const child = fork(HOLDER, [file, JSON.stringify(TIMES)], { execArgv: ['--import', TSX] });
    children.push(child);
    expect(await once(child, 'message')).to.deep.include('held');
    return child;
  };
  const written = (): string => readFileSync(`${file}.written`, 'utf8');
  /** Leaves somebody else's lock behind. */
  const leave = async (changed: Partial<Holder>): Promise<string> => {
    (await acquire()).release();
    const text = `${JSON.stringify({ ...thisProcess('somebody'), ...changed })}\n0000000007\n`;
    writeFileSync(file, text);
    return text;
  };

  it('is refused while another process keeps it, which is named', async () => {
    const child = await hold();
    // A holder on a busy machine may renew late.
    const error = await failure(acquire({ ...TIMES, lookMs: 30 }));
    expect(error).to.be.instanceOf(LockHeldError);
    expect(String(error)).to.include(file).and.include(`process ${child.pid} on ${os.hostname()}`);
  });

  it('is free when its holder has ended, by itself or by a signal', async () => {
    const ended = await hold();
    const exit = once(ended, 'exit');
    ended.send('end');
    await exit;
    expect(existsSync(file)).to.equal(false);

    const killed = await hold();
    const kill = once(killed, 'exit');
    killed.kill('SIGKILL');
    await kill;
    expect(existsSync(file)).to.equal(true);
    await acquire(PATIENT);
  });

  it('is not taken from a process id that means nothing here before it stands still', async () => {
    const ended = 2 ** 22 + 1; // above any process id of Linux
    const text = await leave({ system: 'of another container', pid: ended });
    expect(await failure(acquire(PATIENT))).to.be.instanceOf(LockHeldError);
    expect(readFileSync(file, 'utf8')).to.equal(text);
    await acquire();
  });

  it('is free when its process id belongs to a later process', async function () {
    if (process.platform !== 'linux') this.skip(); // only Linux tells when a process began
    const left = await leave({ begun: '1' });
    await acquire(PATIENT);
    expect(readFileSync(file, 'utf8')).to.not.equal(left);
  });

  for (const [what, text] of [
    ['garbage', '{"owner":'],
    ['nothing', ''],
  ] as const) {
    it(`is taken when it holds ${what} and stands still`, async () => {
      await leave({});
      writeFileSync(file, text);
      expect(await failure(acquire(PATIENT))).to.be.instanceOf(LockHeldError);
      await acquire();
    });
  }

  it('has one winner among several who wait, whatever they wait for', async () => {
    for (let run = 0; run < 8; run++) {
      await leave(run % 2 === 0 ? { system: 'another' } : { pid: 2 ** 22 + 1 });
      const times = { renewMs: 5, lookMs: 1 + (run % 2), settleMs: 20, ...LOOKS };
      const outcomes = await Promise.allSettled(Array.from({ length: 10 }, () => acquire(times)));
      const won: StoreLock[] = [];
      for (const outcome of outcomes) {
        if (outcome.status === 'fulfilled') won.push(outcome.value);
        else expect(outcome.reason).to.be.instanceOf(LockHeldError);
      }
      expect(won).to.have.length(1);
      await won[0]!.check();
      won[0]!.release();
      expect(readdirSync(path.dirname(file))).to.deep.equal([]);
    }
  });

  it('is put back when a waiter was late, and has taken the lock of another that was quicker', async () => {
    const winner = await acquire({ ...TIMES, renewMs: 60_000 });
    const text = readFileSync(file, 'utf8');
    // The state between its last look and its rename.
    const late = Object.create(winner) as {
      read(): Promise<string>;
      remove(judged: string): unknown;
    };
    late.read = () => Promise.resolve('stale');
    await late.remove('stale');
    expect(readFileSync(file, 'utf8')).to.equal(text);
    expect(readdirSync(path.dirname(file))).to.have.length(1);
  });

  it('ends a process that was frozen while another took it, with 0, before it writes', async () => {
    const frozen = await hold();
    const told = once(frozen, 'message');
    frozen.send('write');
    await told;
    const before = written();
    frozen.kill('SIGSTOP');
    const lock = await acquire();
    // The first thing it gets when it wakes up.
    frozen.send('write');
    const exit = once(frozen, 'exit');
    frozen.kill('SIGCONT');
    expect(await exit).to.deep.equal([0, null]);
    expect(written()).to.equal(before);
    await lock.check();
  });

  it('is found lost by its renewals too, once', async () => {
    let times = 0;
    await new Promise<void>((resolve, reject) => {
      acquire(TIMES, () => resolve(void times++)).then(() => {
        const holder = thisProcess('thief');
        writeFileSync(file, `${JSON.stringify({ ...holder, pid: 77 })}\n0000000001\n`);
      }, reject);
    });
    expect(await failure(locks[0]!.check())).to.be.instanceOf(Error);
    expect(times).to.equal(1);
    locks[0]!.release();
    expect(readFileSync(file, 'utf8')).to.include('thief');
  });

  it('is made again when it was removed, alone or with its directory', async () => {
    let isLost = false;
    const lock = await acquire(TIMES, () => (isLost = true));
    unlinkSync(file);
    await lock.check();
    expect(existsSync(file)).to.equal(true);
    rmSync(path.dirname(file), { recursive: true });
    await Promise.all([lock.check(), lock.check(), lock.check()]);
    expect(await failure(acquire())).to.be.instanceOf(LockHeldError);
    expect(isLost).to.equal(false);
  });

  it('is gone without where it can not be made, and nothing is written, until it can', async () => {
    writeFileSync(path.dirname(file), 'in the way');
    let isLost = false;
    const lock = await acquire(TIMES, () => (isLost = true));
    expect(await failure(lock.check())).to.be.instanceOf(Error);
    unlinkSync(path.dirname(file));
    await lock.check();
    expect(await failure(acquire())).to.be.instanceOf(LockHeldError);
    expect(isLost).to.equal(false);
  });
});
