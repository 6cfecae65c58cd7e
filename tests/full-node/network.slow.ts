import { mkdtempSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect } from 'chai';
import { AuditCounts, type AuditedNode } from '../../cli/simulate/audits';
import { bundle } from '../../cli/simulate/bundle';
import { freePorts, type RunReport, type SubmissionReport } from '../../simulator';
import { payoutAddressOf } from '../../src/bitcoin/address';
import { bitsToTarget, displayHash } from '../../src/bitcoin/target';
import { proofRules, type TaskPayout } from '../../src/consensus';
import { decodeProof } from '../../src/proof/codec';
import { verifyProof } from '../../src/proof/verify';
import { decodeKey } from '../../src/work/identity';
import { nameOf } from '../../src/work/source';
import { startTaskNetwork, type TaskNetwork } from '../fixtures/network';
import { restNow, startProgram } from '../fixtures/standalone';
import { StratumMiner } from '../fixtures/stratum-miner';
import { eventually, until } from '../fixtures/until';
import { describeProcesses } from '../runner/describe-processes';
import { FullNode, type ChainBlock } from './full-node';

/** A block in 16.8 million hashes: each miner finds a few in a round, and tips don't come faster than they are taken. */
const BITS = 0x1e010000;
const SUBSIDY = 5_000_000_000;
const ROUND_SECONDS = 30;
/** Native code, where it was built, would find blocks faster than tips are taken. */
const BACKEND = 'wasm-simd';
const BOUNTY = 1e9;
/** How many proofs the two other nodes audit, in each round. */
const AUDITS = 6;

/** P2WPKH programs of the three operators. */
const PAYOUTS = [0x51, 0x52, 0x53].map((byte) => Buffer.alloc(20, byte));
const ADDRESSES = PAYOUTS.map((program) => payoutAddressOf(program, 'regtest'));
const SCRIPTS = PAYOUTS.map((program) => `0014${program.toString('hex')}`);

/** How far into the round of that number the network is; 0 before it, 1 after it. */
function partOf(round: number, { ledger: { currentRound, schedule, slot } }: TaskNetwork): number {
  if (currentRound !== round) return currentRound > round ? 1 : 0;
  return (slot - schedule.startOf(round)) / schedule.times.roundTime;
}

/** A network of this task's regtest bundle on a full node, with what it left behind. */
class BitcoinRun {
  readonly audits = new AuditCounts();
  network!: TaskNetwork;
  report!: Omit<RunReport, 'nodes'> & { readonly nodes: readonly AuditedNode[] };
  chain!: readonly ChainBlock[];
  /** What each node wrote into its task.log. */
  logs!: readonly string[];

  private constructor(
    readonly fullNode: FullNode,
    readonly directory: string,
    readonly taskPayout: TaskPayout | undefined,
  ) {}

  /** Builds the bundle and starts the full node. */
  static async prepare(taskPayout?: TaskPayout): Promise<BitcoinRun> {
    const directory = mkdtempSync(path.join(os.tmpdir(), 'bitcoin-run-'));
    const options = ['bitcoin=regtest', `out=${directory}`];
    if (taskPayout) {
      const address = payoutAddressOf(Buffer.from(taskPayout.program, 'hex'), 'regtest');
      options.push(`task-payout=${address}:${taskPayout.percent}`);
    }
    await bundle(options.flatMap((option) => ['--env', option]));
    return new BitcoinRun(await FullNode.start(BITS), directory, taskPayout);
  }

  /** @param env what a node has beside the address of the full node */
  async start(
    rounds: number,
    env: (index: number) => Readonly<Record<string, string>>,
  ): Promise<void> {
    this.network = await startTaskNetwork({
      task: path.join(this.directory, 'main.js'),
      rounds,
      roundSeconds: ROUND_SECONDS,
      env: (index) => ({
        MINING_THREADS: '1',
        MINING_BACKEND: BACKEND,
        STRATUM_PORT: '0',
        BITCOIN_RPC_URL: this.fullNode.url,
        PAYOUT_ADDRESS: ADDRESSES[index]!,
        ...env(index),
      }),
    });
    this.audits.start(this.network.nodes);
  }

  /** Resolves when the network has ended, and all is told. */
  async finish(): Promise<void> {
    this.report = this.audits.addTo(await this.network.finished, this.network.nodes);
    this.audits.stop();
    this.chain = await this.fullNode.chain();
    this.logs = this.report.nodes.map(({ log }) => readFileSync(log, 'utf8'));
  }

  async dispose(): Promise<void> {
    this.audits.stop();
    await (this.network as TaskNetwork | undefined)?.dispose();
    await this.fullNode.stop();
    await rm(this.directory, { recursive: true, force: true });
  }

  /** Blocks of the chain whose coinbase pays a node's operator. */
  blocksOf(index: number): ChainBlock[] {
    return this.chain.filter(({ outputs }) => outputs[0]!.scriptHex === SCRIPTS[index]);
  }

  /** Each proof is valid, all that saw it say so, and each submitter has its part of the bounty. */
  expectAllPaid(): void {
    const { rounds, nodes, failures } = this.report;
    expect(failures).to.deep.equal([]);
    expect(
      nodes.map(({ audits }) => [audits!.valid, audits!.invalid, audits!.abstained]),
    ).to.deep.equal(nodes.map(() => [(AUDITS / nodes.length) * rounds.length, 0, 0]));
    for (const { round, submissions, payouts, auditVotes, seed } of rounds) {
      expect(submissions, `round ${round}`).to.have.length(nodes.length);
      expect(auditVotes.filter(({ isValid }) => !isValid)).to.deep.equal([]);
      const proven = submissions.map((submission) => this.proven(submission, round, String(seed)));
      const total = proven.reduce((sum, hashes) => sum + hashes, 0n);
      for (const [index, { publicKey }] of submissions.entries()) {
        const paid = Number((BigInt(BOUNTY) * proven[index]!) / total);
        expect(paid).to.be.above(0);
        expect(payouts[publicKey], `round ${round}`).to.equal(paid);
      }
    }
  }

  /** Work sources of a node's proofs, by round. */
  sourcesOf(index: number): string[] {
    const { publicKey } = this.report.nodes[index]!;
    const proofs = this.report.rounds.map(
      ({ submissions }) => submissions.find((each) => each.publicKey === publicKey)!,
    );
    return proofs.map(({ value }) => {
      const decoded = decodeProof(value);
      if (!('proof' in decoded)) throw new Error(decoded.reason);
      return nameOf(decoded.proof.work.source);
    });
  }

  /** The hashes that a proof stands for by the rules that the bundle was built with. */
  private proven({ publicKey, value }: SubmissionReport, round: number, seed: string): bigint {
    const of = { taskId: decodeKey(this.report.taskId), round, seed: Buffer.from(seed, 'hex') };
    const rules = proofRules({ network: 'regtest', taskPayout: this.taskPayout });
    const verdict = verifyProof(value, decodeKey(publicKey), of, rules);
    if (!verdict.valid) throw new Error(verdict.reason);
    return verdict.hashes;
  }
}

describeProcesses('three nodes that mine on a full node', function () {
  this.timeout(300_000);
  /** Mine themselves, lend their work to a worker over HTTP, and to a miner over Stratum. */
  const [THREADS, HTTP, STRATUM] = [0, 1, 2];
  const ROUNDS = 2;
  let run: BitcoinRun;
  let miner: StratumMiner;
  let worker: ReturnType<typeof startProgram>;
  /** Hashes of tips that came from outside in mid-round, each with how long it took until there was work on it. */
  const fromOutside: { hash: string; tookMs: number }[] = [];
  let replaced: ChainBlock;
  let oneOff: string | null;

  /** Has the chain's end changed from outside, and waits until the Stratum miner has work on that. */
  async function change(count: number, instead = 0): Promise<void> {
    const startedAt = performance.now();
    const hash = (await run.fullNode.extend(count, instead)).at(-1)!;
    const prev = Buffer.from(hash, 'hex').reverse().swap32().toString('hex');
    await until(() => miner.jobs.some((job) => job.prev === prev && job.isClean));
    fromOutside.push({ hash, tookMs: performance.now() - startedAt });
  }

  /** What happens on Bitcoin in the meantime. */
  async function events(): Promise<void> {
    await eventually(() => partOf(0, run.network) > 0.3);
    await change(1);
    await eventually(() => partOf(1, run.network) > 0.3);
    replaced = (await run.fullNode.chain()).at(-1)!;
    await change(2, 1);
    const block = Buffer.from(replaced.raw, 'hex');
    block.writeUInt32LE((block.readUInt32LE(76) + 1) % 2 ** 32, 76);
    oneOff = await run.fullNode.call('submitblock', block.toString('hex'));
  }

  before(async () => {
    const [apiPort, stratumPort] = await freePorts(2);
    run = await BitcoinRun.prepare();
    await run.start(ROUNDS, (index) => ({
      WORK_SOURCE: 'bitcoin',
      ...(index !== THREADS && { MINING_SCHEDULE: restNow() }),
      ...(index === HTTP && { API_PORT: String(apiPort) }),
      ...(index === STRATUM && { STRATUM_PORT: String(stratumPort) }),
    }));
    const args = ['--url', `http://127.0.0.1:${apiPort}`, '--id', 'rig', '--threads', '1'];
    worker = startProgram('cli/worker.ts', [...args, '--backend', BACKEND], {});
    miner = await StratumMiner.connect(stratumPort!, 'rig');
    const happened = events();
    happened.catch(() => undefined);
    while (run.network.ledger.currentRound < ROUNDS) {
      await miner.turn(4);
      // The network is simulated in this process.
      await nextTurn();
    }
    await happened;
    await run.finish();
  });
  after(async () => {
    worker?.kill('SIGKILL');
    miner?.close();
    await run?.dispose();
  });

  it('find blocks by threads, an HTTP worker and a Stratum client, which it accepts', () => {
    console.log(run.logs.map((l) => l.split('\n').filter((x) => /block/i.test(x)).join('\n')).join('\n--\n'));
    console.log(fromOutside, run.chain.length, SCRIPTS.map((_, i) => run.blocksOf(i).length), miner.accepted.length, miner.rejected);
    for (const index of [THREADS, HTTP, STRATUM]) {
      const blocks = run.blocksOf(index);
      expect(blocks).to.not.be.empty;
      for (const { hash, outputs } of blocks) {
        expect(outputs).to.deep.equal([{ satoshi: SUBSIDY, scriptHex: SCRIPTS[index] }]);
        expect(run.logs[index]).to.match(new RegExp(`block ${hash} is accepted`));
      }
    }
    // The miner could tell them itself.
    const target = bitsToTarget(BITS);
    const found = miner.accepted.filter(({ hash }) => hash <= target);
    expect(found.map(({ hash }) => displayHash(hash))).to.include.members(
      run.blocksOf(STRATUM).map(({ hash }) => hash),
    );
  });

  it('change their work in mid-round when a tip comes from outside', () => {
    expect(fromOutside).to.have.length(2);
    const heights = fromOutside.map(({ hash }) => run.chain.findIndex((block) => block.hash === hash));
    // Blocks of theirs stand on it.
    for (const height of heights) {
      expect(height).to.be.within(0, run.chain.length - 2);
      expect(SCRIPTS).to.include(run.chain[height + 1]!.outputs[0]!.scriptHex);
    }
  });

  it('lose nothing by a reorganisation: all proofs are valid, and paid', () => {
    expect(run.chain.map(({ hash }) => hash)).to.not.include(replaced.hash);
    expect([0, 1, 2].map((index) => run.sourcesOf(index))).to.deep.equal(
      [0, 1, 2].map(() => ['bitcoin', 'bitcoin']),
    );
    run.expectAllPaid();
  });

  it('could not have handed in a block whose nonce is one off', () => {
    expect(oneOff).to.equal('rejected: high-hash');
  });
});

describeProcesses('a task with a part in the blocks of its nodes', function () {
  this.timeout(240_000);
  const TASK_PAYOUT: TaskPayout = { program: '61'.repeat(20), percent: 10 };
  const KOII = 2;
  let run: BitcoinRun;

  before(async () => {
    run = await BitcoinRun.prepare(TASK_PAYOUT);
    await run.start(1, (index) => ({ WORK_SOURCE: index === KOII ? 'koii' : 'auto' }));
    await run.finish();
  });
  after(() => run?.dispose());

  it('is paid by each block that the full node accepts', () => {
    const task = { satoshi: SUBSIDY / 10, scriptHex: `0014${TASK_PAYOUT.program}` };
    for (const index of [0, 1]) {
      const blocks = run.blocksOf(index);
      expect(blocks).to.not.be.empty;
      const operator = { satoshi: SUBSIDY - task.satoshi, scriptHex: SCRIPTS[index] };
      for (const { outputs } of blocks) expect(outputs).to.deep.equal([operator, task]);
    }
    expect(run.blocksOf(KOII)).to.be.empty;
  });

  it('pays proofs of both work sources alike', () => {
    expect([0, 1, 2].map((index) => run.sourcesOf(index))).to.deep.equal([
      ['bitcoin'],
      ['bitcoin'],
      ['koii'],
    ]);
    run.expectAllPaid();
  });
});
