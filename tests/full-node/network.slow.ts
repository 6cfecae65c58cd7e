import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect } from 'chai';
import { freePorts } from '../../simulator';
import { bitsToTarget, displayHash } from '../../src/bitcoin/target';
import type { TaskPayout } from '../../src/consensus';
import { restNow, startProgram } from '../fixtures/standalone';
import { StratumMiner } from '../fixtures/stratum-miner';
import { eventually, until } from '../fixtures/until';
import { describeProcesses } from '../runner/describe-processes';
import { BACKEND, BITS, BitcoinRun, SCRIPTS } from './bitcoin-run';
import type { ChainBlock } from './full-node';

const SUBSIDY = 5_000_000_000;

describeProcesses('three nodes that mine on a full node', function () {
  this.timeout(300_000);
  /** Mine themselves, lend their work to a worker over HTTP, and to a miner over Stratum. */
  const [THREADS, HTTP, STRATUM] = [0, 1, 2];
  const ROUNDS = 2;
  const SHARES_A_TURN = 4;
  const JOB_NOT_FOUND = 21;
  let run: BitcoinRun | undefined;
  let miner: StratumMiner | undefined;
  let worker: ReturnType<typeof startProgram> | undefined;
  /** Hashes of tips that came from outside in mid-round, and that it was mined on then. */
  const fromOutside: string[] = [];
  /** Whether shares of the tips before them still counted. */
  const lateAccepted: boolean[] = [];
  /** A block of theirs that gave way to others. */
  let replaced: ChainBlock;
  let oneOff: string | null;

  /**
   * Has the chain's end changed from outside, and waits until that is mined on.
   * @returns hashes of the blocks that were replaced
   */
  async function change(count: number, instead = 0): Promise<string[]> {
    const [before] = await eventually(() => {
      const found = miner!.find(1);
      return found.length > 0 && found;
    });
    const { added, replaced } = await run!.fullNode.extend(count, instead);
    const hash = added.at(-1)!;
    const prev = Buffer.from(hash, 'hex').reverse().swap32().toString('hex');
    await until(async () => {
      if (miner!.jobs.some((job) => job.prev === prev && job.isClean)) return true;
      // Another miner may have been so fast that this one never came to it.
      return (await run!.fullNode.block(hash)).nextHash !== null;
    });
    fromOutside.push(hash);
    lateAccepted.push(...(await miner!.handIn([before!])));
    return replaced;
  }

  /** What happens on Bitcoin in the meantime. */
  async function events(): Promise<void> {
    await run!.isIn(0, 0.3);
    await change(1);
    // On it comes one of theirs.
    await eventually(async () => (await run!.fullNode.block(fromOutside[0]!)).nextHash !== null);
    await run!.isIn(1, 0.3);
    const [hash] = await change(2, 1);
    replaced = await run!.fullNode.block(hash!);
    const block = Buffer.from(replaced.raw, 'hex');
    block.writeUInt32LE((block.readUInt32LE(76) + 1) % 2 ** 32, 76);
    oneOff = await run!.fullNode.call('submitblock', block.toString('hex'));
  }

  /** Starts all, and waits until the rounds are paid and each node has a block in the chain. */
  async function mine(): Promise<void> {
    const [apiPort, stratumPort] = await freePorts(2);
    run = await BitcoinRun.prepare();
    await run.start((index) => ({
      WORK_SOURCE: 'bitcoin',
      ...(index !== THREADS && { MINING_SCHEDULE: restNow() }),
      ...(index === HTTP && { API_PORT: String(apiPort) }),
      ...(index === STRATUM && { STRATUM_PORT: String(stratumPort) }),
    }));
    const args = ['--url', `http://127.0.0.1:${apiPort}`, '--id', 'rig', '--threads', '1'];
    worker = startProgram('cli/worker.ts', [...args, '--backend', BACKEND], {});
    miner = await StratumMiner.connect(stratumPort!, 'rig');
    let isOver = false;
    const over = events()
      .then(() => run!.isPaid(ROUNDS, [THREADS, HTTP, STRATUM]))
      .finally(() => (isOver = true));
    over.catch(() => undefined);
    while (!isOver) {
      await miner.turn(SHARES_A_TURN);
      // The network is simulated in this process.
      await nextTurn();
    }
    await over;
    await run.stop(ROUNDS);
  }

  afterEach(async () => {
    worker?.kill('SIGKILL');
    miner?.close();
    await run?.dispose();
    worker = miner = run = undefined;
    fromOutside.length = lateAccepted.length = 0;
  });

  // One test, so that a second try is another run.
  it('find blocks by threads, HTTP and Stratum, and lose nothing by tips from outside or a reorganisation', async () => {
    await mine();
    expectAccepted();
    expectMinedOn();
    expectNothingLost();
    // Only the block as it was found is one.
    expect(oneOff).to.equal('rejected: high-hash');
  });

  /** The full node accepted blocks of each, which pay its operator. */
  function expectAccepted(): void {
    for (const index of [THREADS, HTTP, STRATUM]) {
      const blocks = run!.blocksOf(index);
      expect(blocks).to.not.be.empty;
      for (const { hash, outputs } of blocks) {
        expect(outputs).to.deep.equal([{ satoshi: SUBSIDY, scriptHex: SCRIPTS[index] }]);
        expect(run!.logs[index]).to.match(new RegExp(`block ${hash} is accepted`));
      }
    }
    // Whatever became of it as a share.
    const target = bitsToTarget(BITS);
    for (const { hash } of miner!.found.filter((share) => share.hash <= target)) {
      expect(run!.logs[STRATUM]).to.include(`found block ${displayHash(hash)}`);
    }
  }

  /** The work changed in mid-round when a tip came from outside. */
  function expectMinedOn(): void {
    expect(fromOutside).to.have.length(2);
    for (const tip of fromOutside) {
      const at = run!.chain.findIndex(({ hash }) => hash === tip);
      expect(SCRIPTS).to.include(run!.chain[at + 1]?.outputs[0]!.scriptHex);
    }
  }

  /** A block gave way to others, and all proofs are valid, and paid. */
  function expectNothingLost(): void {
    expect(SCRIPTS).to.include(replaced.outputs[0]!.scriptHex);
    expect(run!.chain.map(({ hash }) => hash)).to.not.include(replaced.hash);
    expect([0, 1, 2].map((index) => run!.sourcesOf(index))).to.deep.equal(
      [0, 1, 2].map(() => ['bitcoin', 'bitcoin']),
    );
    run!.expectAllPaid();
    expect(lateAccepted).to.deep.equal([true, true]);
    // The round of a share may have been closed while it was on its way.
    expect(miner!.rejected.filter((code) => code !== JOB_NOT_FOUND)).to.deep.equal([]);
  }
});

describeProcesses('a task with a part in the blocks of its nodes', function () {
  this.timeout(240_000);
  const TASK_PAYOUT: TaskPayout = { program: '61'.repeat(20), percent: 10 };
  const KOII = 2;
  let run: BitcoinRun;

  afterEach(() => run?.dispose());

  // One test, so that a second try is another run.
  it('is paid by each block that the full node accepts, and pays proofs of both work sources alike', async () => {
    run = await BitcoinRun.prepare(TASK_PAYOUT);
    await run.start((index) => ({ WORK_SOURCE: index === KOII ? 'koii' : 'auto' }));
    await run.isPaid(1, [0, 1]);
    await run.stop(1);

    const task = { satoshi: SUBSIDY / 10, scriptHex: `0014${TASK_PAYOUT.program}` };
    for (const index of [0, 1]) {
      const blocks = run.blocksOf(index);
      expect(blocks).to.not.be.empty;
      const operator = { satoshi: SUBSIDY - task.satoshi, scriptHex: SCRIPTS[index] };
      for (const { outputs } of blocks) expect(outputs).to.deep.equal([operator, task]);
    }
    expect(run.blocksOf(KOII)).to.be.empty;
    expect([0, 1, 2].map((index) => run.sourcesOf(index))).to.deep.equal([
      ['bitcoin'],
      ['bitcoin'],
      ['koii'],
    ]);
    run.expectAllPaid();
  });
});
