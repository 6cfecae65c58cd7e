import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import { join } from 'node:path';
import { freePorts, startNetwork, type RunReport, type TaskConfig } from '../../simulator';
import { proofRules, type ChosenRules } from '../../src/consensus';
import { count, si, tokens } from '../../src/format';
import { AuditCounts, auditsInWords, type AuditedNode } from '../simulate/audits';
import { inspectorBy } from '../simulate/inspector';
import { Progress } from '../simulate/progress';
import { fail, pass, type Finding } from './finding';

export const TRIAL_ROUNDS = 2;
/** Each audits the other's proofs, and votes on its list. */
export const TRIAL_NODES = 2;
const PROGRESS_MS = 1000;

export interface Trial {
  /** Path of the bundle. */
  readonly task: string;
  readonly config: TaskConfig;
  readonly rules: ChosenRules;
  readonly roundSeconds: number;
  readonly signal: AbortSignal;
  /** Hears once a second how far it is. */
  readonly onProgress?: (line: string) => void;
}

/** A run whose nodes' audits are known. */
export type TrialReport = Omit<RunReport, 'nodes'> & { readonly nodes: readonly AuditedNode[] };

/** Runs the bundle on nodes of a simulated network, as a Koii node would, for two rounds and the two that settle them. */
export async function runTrial(trial: Trial): Promise<TrialReport> {
  const { task, config, rules, roundSeconds, signal, onProgress } = trial;
  const directory = mkdtempSync(join(os.tmpdir(), 'koii-preflight-'));
  const ports = await freePorts(TRIAL_NODES);
  // Whatever it is: a real operator has to choose it.
  const declared = Object.fromEntries(config.variables.map((name) => [name, 'preflight']));
  try {
    const network = await startNetwork({
      task,
      config,
      nodes: TRIAL_NODES,
      rounds: TRIAL_ROUNDS,
      roundSeconds,
      seed: 'preflight',
      directory,
      signal,
      inspector: inspectorBy(proofRules(rules)),
      env: (index) => ({
        ...declared,
        MINING_THREADS: '1',
        API_HOST: '127.0.0.1',
        API_PORT: String(ports[index]),
        STRATUM_PORT: '0',
      }),
    });
    const audits = new AuditCounts();
    audits.start(network.nodes);
    const progress = new Progress(network, TRIAL_ROUNDS);
    const timer = setInterval(() => onProgress?.(progress.phaseLine()), PROGRESS_MS);
    const report = await network.finished.finally(() => {
      clearInterval(timer);
      audits.stop();
    });
    return audits.addTo(report, network.nodes);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** What the bundle was built with is at fault, or the machine was too slow. */
const SLOW =
  'Where the machine is busy, give it longer rounds (--round-seconds 30); else run npm run simulate -- --keep <folder> and read the logs there';

/** A finding for each step of a run: started, mined, proof on chain, verdicts, list paid. */
export function checkTrial(report: TrialReport): Finding[] {
  const { nodes } = report;
  const rounds = report.rounds.filter(({ round }) => round < TRIAL_ROUNDS);
  const proofs = rounds.flatMap(({ submissions }) => submissions);
  const expected = TRIAL_ROUNDS * nodes.length;
  const finding = (name: string, isFine: boolean, found: string): Finding =>
    isFine ? pass(`run: ${name}`, found) : fail(`run: ${name}`, found, SLOW);

  const ended = nodes.flatMap(({ exits }) => exits).length - nodes.length;
  const refusals = nodes.flatMap(({ refusals: refused }) => refused).length;
  const hashes = proofs.reduce((sum, of) => sum + BigInt(textIn(of, 'estimatedHashes') ?? '0'), 0n);
  const invalid = proofs.filter((of) => of['valid'] !== true);
  const reasons = [...new Set(invalid.map((of) => textIn(of, 'reason') ?? 'unknown'))];
  const wrongVotes = rounds.flatMap(({ auditVotes }) => auditVotes.filter((vote) => !vote.isValid));
  const audited = nodes.every(({ audits }) => audits !== null && audits.valid > 0);
  const verdicts = nodes.map(({ name, audits }) => `${name} ${auditsInWords(audits).join(', ')}`);
  const paid = rounds.filter(({ accepted }) => accepted);
  const sum = (payouts: Readonly<Record<string, number>>): number =>
    Object.values(payouts).reduce((total, roe) => total + roe, 0);
  const roe = paid.map(({ payouts }) => sum(payouts));

  return [
    finding(
      'started',
      report.failures.length === 0 && refusals === 0,
      report.failures.length === 0
        ? `${count(nodes.length, 'node')} ran to the end, ${count(Math.max(0, ended), 'restart')}, ${count(refusals, 'refused call')}`
        : report.failures.slice(0, 3).join('; '),
    ),
    finding(
      'mined',
      hashes > 0n,
      `${si(hashes, 'hashes')} proven in ${count(TRIAL_ROUNDS, 'round')}`,
    ),
    finding(
      'proof on chain',
      proofs.length === expected,
      `${proofs.length} of ${count(expected, 'proof')}`,
    ),
    finding(
      'verdicts',
      audited && invalid.length === 0 && wrongVotes.length === 0,
      `${proofs.length - invalid.length} of ${count(proofs.length, 'proof')} valid${reasons.length === 0 ? '' : ` (${reasons.join('; ')})`}; audits: ${verdicts.join('; ')}`,
    ),
    finding(
      'list paid',
      paid.length === TRIAL_ROUNDS && roe.every((of) => of > 0),
      `${paid.length} of ${count(TRIAL_ROUNDS, 'round')} paid, ${roe.map((of) => tokens(of)).join(' and ') || 'nothing'} of ${tokens(report.bountyPerRound)} each`,
    ),
  ];
}

/** A field of the inspector's. */
function textIn(of: Readonly<Record<string, unknown>>, field: string): string | undefined {
  const value = of[field];
  return typeof value === 'string' ? value : undefined;
}
