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

/** A block in 16.8 million hashes: about one a round for each miner, of which one may find none in some rounds. */
const BITS = 0x1e010000;
const SUBSIDY = 5_000_000_000;
const ROUND_SECONDS = 20;
/** Native code, where it was built, would find blocks faster than tips are taken. */
const BACKEND = 'wasm-simd';
const BOUNTY = 1e9;

/** P2WPKH programs of the three operators. */
const PAYOUTS = [0x51, 0x52, 0x53].map((byte) => Buffer.alloc(20, byte));
const ADDRESSES = PAYOUTS.map((program) => payoutAddressOf(program, 'regtest'));
const SCRIPTS = PAYOUTS.map((program) => `0014${program.toString('hex')}`);

/** A network of this task's regtest bundle on a full node, and what it left behind. */
class BitcoinRun {
  readonly audits = new AuditCounts();
  network!: TaskNetwork;
  report!: Omit<RunReport, 'nodes'> & { readonly nodes: readonly AuditedNode[] };
  /** When the network was stopped. */
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

  /** Starts the network. @param env what a node has beside the address of the full node and its own */
  async start(env: (index: number) => Readonly<Record<string, string>>): Promise<void> {
    this.network = await startTaskNetwork({
      task: path.join(this.directory, 'main.js'),
      rounds: 0,
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

  /** Resolves when the network is so far into a round, a part of 1. */
  async isIn(round: number, part: number): Promise<void> {
    const { ledger } = this.network;
    const { schedule } = ledger;
    const slot = schedule.startOf(round) + part * schedule.times.roundTime;
    await eventually(() => ledger.slot >= slot);
  }

  /** Resolves when so many rounds are paid, and each of those nodes has a block in the chain. */
  async isPaid(rounds: number, finders: readonly number[]): Promise<void> {
    await eventually(() => this.network.ledger.isClosed(rounds - 1));
    await eventually(async () => {
      this.chain = await this.fullNode.chain();
      return finders.every((index) => this.blocksOf(index).length > 0);
    });
  }

  /** Stops the network, and reads what it left behind. @param rounds that are paid */
  async stop(rounds: number): Promise<void> {
    await this.network.stop();
    this.audits.stop();
    this.chain = await this.fullNode.chain();
    const report = await this.network.finished;
    const paid = report.rounds.slice(0, rounds);
    this.report = this.audits.addTo({ ...report, rounds: paid }, this.network.nodes);
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
    for (const { audits } of nodes) {
      // Each node audits those of all others.
      expect(audits!.valid).to.be.at.least((nodes.length - 1) * rounds.length);
      expect(audits).to.include({ invalid: 0, abstained: 0 });
    }
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
    const proofs = this.report.rounds.map(({ submissions }) =>
      submissions.find((each) => each.publicKey === publicKey)!,
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
  const SHARES_A_TURN = 4;
  const JOB_NOT_FOUND = 21;
  let run: BitcoinRun;
  let miner: StratumMiner;
  let worker: ReturnType<typeof startProgram>;
  /** Hashes of tips that came from outside in mid-round, and that it was mined on then. */
  const fromOutside: string[] = [];
  /** A block of theirs that gave way to others. */
  let replaced: ChainBlock;
  let oneOff: string | null;

  /** Has the chain's end changed from outside, and waits until that is mined on. */
  async function change(count: number, instead = 0): Promise<void> {
    const hash = (await run.fullNode.extend(count, instead)).at(-1)!;
    const prev = Buffer.from(hash, 'hex').reverse().swap32().toString('hex');
    await until(async () => {
      if (miner.jobs.some((job) => job.prev === prev && job.isClean)) return true;
      // Another may be faster.
      const { raw } = await run.fullNode.tip();
      return Buffer.from(raw, 'hex').subarray(4, 36).swap32().toString('hex') === prev;
    });
    fromOutside.push(hash);
  }

  /** What happens on Bitcoin in the meantime. */
  async function events(): Promise<void> {
    await run.isIn(0, 0.3);
    await change(1);
    await run.isIn(1, 0.3);
    replaced = await eventually(async () => {
      const tip = await run.fullNode.tip();
      return SCRIPTS.includes(tip.outputs[0]!.scriptHex) && tip;
    });
    await change(2, 1);
    const block = Buffer.from(replaced.raw, 'hex');
    block.writeUInt32LE((block.readUInt32LE(76) + 1) % 2 ** 32, 76);
    oneOff = await run.fullNode.call('submitblock', block.toString('hex'));
  }

  before(async () => {
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
      .then(() => run.isPaid(ROUNDS, [THREADS, HTTP, STRATUM]))
      .finally(() => (isOver = true));
    over.catch(() => undefined);
    while (!isOver) {
      await miner.turn(SHARES_A_TURN);
      // The network is simulated in this process.
      await nextTurn();
    }
    await over;
    await run.stop(ROUNDS);
  });
  after(async () => {
    worker?.kill('SIGKILL');
    miner?.close();
    await run?.dispose();
  });

  it('find blocks by threads, an HTTP worker and a Stratum client, which it accepts', () => {
    console.log(
      run.chain.length,
      SCRIPTS.map((_, i) => run.blocksOf(i).length),
      run.report.rounds.map((r) =>
        r.submissions.map((x) => [x['hashesDone'], x['estimatedHashes']]),
      ),
      miner.accepted.length,
      miner.rejected,
      performance.now(),
    );
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
    for (const tip of fromOutside) {
      const at = run.chain.findIndex(({ hash }) => hash === tip);
      expect(SCRIPTS).to.include(run.chain[at + 1]?.outputs[0]!.scriptHex);
    }
  });

  it('lose nothing by a reorganisation: all proofs are valid, and paid', () => {
    expect(run.chain.map(({ hash }) => hash)).to.not.include(replaced.hash);
    expect([0, 1, 2].map((index) => run.sourcesOf(index))).to.deep.equal(
      [0, 1, 2].map(() => ['bitcoin', 'bitcoin']),
    );
    run.expectAllPaid();
    // The round of a share may have been closed while it was on its way.
    expect(miner.rejected.filter((code) => code !== JOB_NOT_FOUND)).to.deep.equal([]);
    expect(miner.rejected.length).to.be.at.most(SHARES_A_TURN * ROUNDS);
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
    await run.start((index) => ({ WORK_SOURCE: index === KOII ? 'koii' : 'auto' }));
    await run.isPaid(1, [0, 1]);
    await run.stop(1);
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
