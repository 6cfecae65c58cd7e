import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { BitcoinRun } from '../../../cli/simulate/bitcoin';
import { brokenOnBitcoin, type WithBitcoin } from '../../../cli/simulate/bitcoin-report';
import { bundle, REGTEST } from '../../../cli/simulate/bundle';
import { planNodes } from '../../../cli/simulate/cheaters';
import { inspectorBy } from '../../../cli/simulate/inspector';
import { brokenInvariants } from '../../../cli/simulate/invariants';
import { freePorts, type BitcoinFault, type RunReport } from '../../../simulator';
import { proofRules, WORK_SOURCE } from '../../../src/consensus';
import { decodeProof } from '../../../src/proof/codec';
import { startTaskNetwork } from '../../fixtures/network';
import { beforeTries, describeProcesses } from '../../runner/describe-processes';

const SEED = 'bitcoin';
const ROUNDS = 4;
/** Far easier than in a run for people: some are found in each round. */
const HASHES_PER_BLOCK = 2 ** 23;

/** The tip changes in each round. Round 1 begins while a Bitcoin node is away; in round 2 blocks are replaced. */
const FAULTS: readonly (readonly BitcoinFault[])[] = [
  [
    { at: 0.4, kind: 'block' },
    { at: 0.8, kind: 'outage', outage: 'refused', node: 1, lasts: 0.4 },
  ],
  [
    { at: 0.4, kind: 'block' },
    { at: 0.6, kind: 'outage', outage: '503', node: 0, lasts: 0.1 },
    { at: 0.75, kind: 'outage', outage: 'warming up', node: 0, lasts: 0.1 },
  ],
  [
    { at: 0.4, kind: 'outage', outage: 'silence', node: 2, lasts: 0.2 },
    { at: 0.7, kind: 'reorganisation', depth: 3 },
  ],
  [{ at: 0.5, kind: 'block' }],
];

describeProcesses("a network on the simulator's Bitcoin", function () {
  this.timeout(300_000);
  let directory: string;
  let report: RunReport & WithBitcoin;

  before(async () => {
    directory = mkdtempSync(join(os.tmpdir(), 'simulated-bitcoin-'));
    await bundle([...REGTEST, '--env', `out=${directory}`]);
  });
  after(() => rmSync(directory, { recursive: true, force: true }));

  beforeTries(async () => {
    const plan = planNodes(3, [], 1);
    const bitcoin = await BitcoinRun.open({
      names: plan.map(({ name }) => name),
      seed: SEED,
      rounds: ROUNDS,
      hashesPerBlock: HASHES_PER_BLOCK,
      plan: (round) => FAULTS[round] ?? [],
    });
    const ports = await freePorts(plan.length);
    const network = await startTaskNetwork({
      task: join(directory, 'main.js'),
      rounds: ROUNDS,
      roundSeconds: 12,
      seed: SEED,
      inspector: inspectorBy(proofRules({ network: 'regtest', taskPayout: undefined })),
      env: (index) => ({
        MINING_THREADS: '1',
        API_PORT: String(ports[index]),
        STRATUM_PORT: '0',
        ...bitcoin.variables(index),
      }),
    });
    bitcoin.start(network);
    const ended = await network.finished.finally(() => bitcoin.close());
    await network.dispose();
    report = bitcoin.addTo(ended);
  });

  const submissions = () => report.rounds.flatMap((round) => round.submissions);

  it('has blocks found, taken and paid to their finders', () => {
    const honest = new Set(report.nodes.map(({ name }) => name));
    expect(brokenOnBitcoin(report, honest)).to.deep.equal([]);
    const found = report.bitcoin.blocks.filter(({ foundBy }) => honest.has(foundBy));
    expect(found).not.to.be.empty;
    expect(found.filter(({ inChain }) => inChain)).not.to.be.empty;
  });

  it('has every proof valid and paid in full, whatever happens to Bitcoin', () => {
    expect(submissions()).to.have.length(3 * ROUNDS);
    const honest = new Set(report.nodes.map(({ publicKey }) => publicKey));
    const roles = { honest, workers: [], unstoppable: new Set<string>() };
    expect([...report.failures, ...brokenInvariants(report, roles)]).to.deep.equal([]);
    expect(report.nodes.flatMap(({ exits }) => exits.filter(({ requested }) => !requested))).to.be
      .empty;
  });

  it('has proofs on two tips of one round', () => {
    const onTwo = submissions().filter(({ value }) => {
      const decoded = decodeProof(value);
      if ('reason' in decoded) return false;
      const { work } = decoded.proof;
      return work.source === WORK_SOURCE.bitcoin && work.segments.length === 2;
    });
    expect(onTwo).not.to.be.empty;
  });

  it('mines for the task alone in a round that begins while the Bitcoin node is away', () => {
    const [first, second, third] = report.nodes.map(({ publicKey }) => {
      const of = (round: number) =>
        report.rounds[round]!.submissions.find((each) => each.publicKey === publicKey);
      return [0, 1].map((round) => of(round)?.['workSource']);
    });
    expect(first).to.deep.equal(['bitcoin', 'bitcoin']);
    expect(second).to.deep.equal(['bitcoin', 'koii']);
    expect(third).to.deep.equal(['bitcoin', 'bitcoin']);
  });

  it('has blocks give way to those of a reorganisation', () => {
    expect(report.bitcoin.blocks.some(({ inChain }) => !inChain)).to.equal(true);
    expect(report.bitcoin.faults).to.deep.equal({
      block: 3,
      reorganisation: 1,
      refused: 1,
      '503': 1,
      'warming up': 1,
      silence: 1,
    });
  });
});
