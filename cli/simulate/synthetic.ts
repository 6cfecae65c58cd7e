import { readFileSync } from 'node:fs';
import {
  deriveKeyPair,
  freePorts,
  startNetwork,
  taskIdOf,
  type Network,
  type NetworkOptions,
  type RoundReport,
  type RunReport,
  type SimulatedNode,
} from '../../simulator';
import { isSameList } from '../../src/distribution/payouts';
import { count } from '../../src/format';
import { decodeKey } from '../../src/work/identity';
import { roundSeed } from '../../src/work/seed';
import { nameOf, type WorkSourceName } from '../../src/work/source';
import { fairList, isValid, sourceIn } from './fair-list';
import { judgeSubmission } from './inspector';
import { prepareProofs, SYNTHETIC_ROUND } from './synthetic-proofs';

const SAMPLE_MS = 100;
/** What the histogram of event loop delays shows for an idle loop: the time between ticks. */
const LAG_RESOLUTION_MS = 10;
const MB = 1e6;

export interface SyntheticOptions extends Pick<
  NetworkOptions,
  'task' | 'config' | 'roundSeconds' | 'directory' | 'signal' | 'onEvent'
> {
  readonly submitters: number;
  readonly cache: string;
  readonly seed: string;
  readonly variables: (apiPort: number) => Readonly<Record<string, string>>;
  readonly log: (line: string) => void;
}

/** What a round with many submitters cost one real node; null if it couldn't be measured. */
export interface SyntheticReport {
  /** Not counting the real node. */
  readonly submitters: number;
  /** Audits as the SDK asks for them, one submission at a time. */
  readonly audits: number | null;
  readonly msPerAudit: number | null;
  /** From the opening of the window to the upload of the list: verifying every proof, computing every payout. */
  readonly listMs: number | null;
  readonly longestEventLoopWaitMs: number | null;
  /** Resident memory in MB: while mining before the submissions came, and the peak up to the end. */
  readonly rssBeforeMb: number | null;
  readonly rssPeakMb: number | null;
  /** Valid proofs by work source, including the real node's. */
  readonly validProofs: Readonly<Record<WorkSourceName, number>> | null;
  readonly interrupted: boolean;
  readonly succeeded: boolean;
  readonly failures: readonly string[];
}

/** Feeds one real node a round with many submitters and reports what that cost. */
export async function runSynthetic(options: SyntheticOptions): Promise<SyntheticReport> {
  const { cache, config, log, seed } = options;
  const taskId = taskIdOf(seed);
  const keys = Array.from(
    { length: options.submitters },
    (_, index) => deriveKeyPair(`${seed}/synthetic-${index}`).publicKey,
  );
  const proofs = await prepareProofs(taskId, keys, cache, log);
  const [apiPort] = await freePorts(1);

  const found: { -readonly [Field in keyof SyntheticReport]?: SyntheticReport[Field] } = {};
  let listIsDueAt = 0;
  let sampler: NodeJS.Timeout | undefined;

  const enterPhase = async (round: number, name: string): Promise<void> => {
    const [node] = network.nodes;
    const { ledger } = network;
    if (name === 'submission' && round === SYNTHETIC_ROUND + 1) {
      found.rssBeforeMb = found.rssPeakMb = rssMb(node!);
      keys.forEach((key, index) => ledger.submit(key, SYNTHETIC_ROUND, proofs[index]!));
      sampler = setInterval(() => {
        found.rssPeakMb = Math.max(found.rssPeakMb ?? 0, rssMb(node!) ?? 0) || null;
      }, SAMPLE_MS);
    }
    if (name === 'submission' && round === SYNTHETIC_ROUND + 2) {
      listIsDueAt = performance.now();
      // Each scrape resets the histogram of event loop delays.
      const metrics = await scrape(apiPort!);
      const audits = metrics.get('orca_audit_duration_seconds_count');
      const seconds = metrics.get('orca_audit_duration_seconds_sum');
      found.audits = audits ?? null;
      found.msPerAudit = audits && seconds !== undefined ? (seconds / audits) * 1000 : null;
    }
    if (name === 'audit' && round === SYNTHETIC_ROUND + 2) {
      const seconds = (await scrape(apiPort!)).get('nodejs_eventloop_lag_max_seconds');
      found.longestEventLoopWaitMs =
        seconds === undefined ? null : Math.max(0, seconds * 1000 - LAG_RESOLUTION_MS);
    }
  };

  const network: Network = await startNetwork({
    ...options,
    nodes: 1,
    rounds: SYNTHETIC_ROUND + 1,
    env: () => options.variables(apiPort!),
    changeMethods: (methods) => ({
      ...methods,
      uploadDistributionList: (list, round) => {
        if (round === SYNTHETIC_ROUND) found.listMs ??= performance.now() - listIsDueAt;
        return methods['uploadDistributionList']!(list, round);
      },
    }),
    onEvent: (event) => {
      if (event.type === 'phase') void enterPhase(event.phase.round, event.phase.name);
      options.onEvent?.(event);
    },
  });
  for (const key of keys) network.ledger.stakes.set(key, config.minimumStake);
  const report = await network.finished.finally(() => clearInterval(sampler));
  const round = report.interrupted ? undefined : judged(report);
  const failures = [
    ...report.failures,
    ...(round === undefined ? [] : listFaults(report, round, keys.length)),
  ];
  return {
    submitters: keys.length,
    audits: null,
    msPerAudit: null,
    listMs: null,
    longestEventLoopWaitMs: null,
    rssBeforeMb: null,
    rssPeakMb: null,
    validProofs: round === undefined ? null : bySource(round),
    ...found,
    interrupted: report.interrupted,
    succeeded: failures.length === 0,
    failures,
  };
}

/** The synthetic round, with a verdict on each proof. */
function judged(report: RunReport): RoundReport {
  const found = report.rounds[SYNTHETIC_ROUND]!;
  const of = { taskId: report.taskId, round: SYNTHETIC_ROUND };
  // There was no round two before it.
  const seed = roundSeed(decodeKey(of.taskId), SYNTHETIC_ROUND, {});
  const submissions = found.submissions.map((submission) => ({
    ...submission,
    ...judgeSubmission(submission, of, seed),
  }));
  return { ...found, submissions };
}

/** Whether everybody was paid what the proofs are worth. */
function listFaults(report: RunReport, round: RoundReport, submitters: number): string[] {
  if (round.submissions.length <= submitters) return ['the real node did not submit'];
  const fair = fairList(report, round);
  const isRight = fair !== undefined && isSameList(round.payouts, fair);
  return isRight ? [] : [`the list of round ${SYNTHETIC_ROUND} is not what the proofs are worth`];
}

function bySource({ submissions }: RoundReport): Record<WorkSourceName, number> {
  const counts = { koii: 0, bitcoin: 0 };
  for (const each of submissions.filter(isValid)) counts[nameOf(sourceIn(each))]++;
  return counts;
}

/** The samples of GET /metrics without labels; none if there is no answer. */
async function scrape(apiPort: number): Promise<ReadonlyMap<string, number>> {
  try {
    const response = await fetch(`http://127.0.0.1:${apiPort}/metrics`);
    const lines = (await response.text()).split('\n');
    return new Map(
      lines.flatMap((line) => {
        const [, name, value] = /^(\w+) (\S+)$/.exec(line) ?? [];
        return name === undefined ? [] : [[name, Number(value)] as const];
      }),
    );
  } catch {
    return new Map();
  }
}

/** Resident memory of a node's process in MB; null if the system has no /proc. */
function rssMb({ process }: SimulatedNode): number | null {
  try {
    const status = readFileSync(`/proc/${process.pid}/status`, 'utf8');
    return (Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)![1]) * 1024) / MB;
  } catch {
    return null;
  }
}

/** The figures, one per line. */
export function renderSynthetic(report: SyntheticReport): string {
  const figure = (value: number | null, unit: string, digits = 0) =>
    value === null ? 'not known' : `${value.toFixed(digits)} ${unit}`;
  const { validProofs } = report;
  const proofs = validProofs && `${validProofs.koii} of koii, ${validProofs.bitcoin} of bitcoin`;
  return [
    `One node and ${count(report.submitters, 'synthetic submitter')}, a proof of one share each:`,
    `  valid proofs                ${proofs ?? 'not known'}`,
    `  one audit                   ${figure(report.msPerAudit, 'ms', 2)} (of ${report.audits ?? 0})`,
    `  distribution list           ${figure(report.listMs, 'ms')}`,
    `  longest event-loop wait     ${figure(report.longestEventLoopWaitMs, 'ms')}`,
    `  resident memory before      ${figure(report.rssBeforeMb, 'MB')}`,
    `  resident memory at most     ${figure(report.rssPeakMb, 'MB')}`,
  ].join('\n');
}
