import { mkdtempSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { AuditCounts, type AuditedNode } from '../../cli/simulate/audits';
import { bundle } from '../../cli/simulate/bundle';
import type { RunReport, SubmissionReport } from '../../simulator';
import { payoutAddressOf } from '../../src/bitcoin/address';
import { proofRules, type TaskPayout } from '../../src/consensus';
import { decodeProof } from '../../src/proof/codec';
import { verifyProof } from '../../src/proof/verify';
import { decodeKey } from '../../src/work/identity';
import { nameOf } from '../../src/work/source';
import { startTaskNetwork, type TaskNetwork } from '../fixtures/network';
import { eventually } from '../fixtures/until';
import { FullNode, type ChainBlock } from './full-node';

/** A block in 16.8 million hashes: one to three a round for each of three miners on two processors. */
export const BITS = 0x1e010000;
/** Native code, where it was built, would find blocks faster than tips are taken. */
export const BACKEND = 'wasm-simd';
const ROUND_SECONDS = 20;
const BOUNTY = 1e9;

/** P2WPKH programs of the three operators. */
const PAYOUTS = [0x51, 0x52, 0x53].map((byte) => Buffer.alloc(20, byte));
const ADDRESSES = PAYOUTS.map((program) => payoutAddressOf(program, 'regtest'));
/** Scripts of the outputs that pay them, in hex. */
export const SCRIPTS = PAYOUTS.map((program) => `0014${program.toString('hex')}`);

/** A network of this task's regtest bundle on a full node, and what it left behind. */
export class BitcoinRun {
  readonly audits = new AuditCounts();
  network!: TaskNetwork;
  report!: Omit<RunReport, 'nodes'> & { readonly nodes: readonly AuditedNode[] };
  /** When all was paid. */
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
    return this.report.rounds.map(({ round, submissions }) => {
      const submission = submissions.find((each) => each.publicKey === publicKey);
      if (!submission)
        throw new Error(`node ${index}, round ${round}: no proof\n${this.logs[index]}`);
      const decoded = decodeProof(submission.value);
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
