import type { NodeReport, RoundReport, RunReport, SubmissionReport } from '../../simulator';
import { expectedHashes } from '../../src/bitcoin/target';
import { FLOOR, K, MAX_SEGMENTS, WORK_SOURCE } from '../../src/consensus';
import { fairList, isLate, isRightList, isValid, provenHashes, sourceIn } from './fair-list';

/** The roles in a run, by public key. */
export interface Roles {
  readonly honest: ReadonlySet<string>;
  /** The keys of each worker that proves what it hashed, though in an odd way. */
  readonly workers: readonly ReadonlySet<string>[];
  /** Cheaters that no rule of a task can stop: what they take is measured (cost.ts) and is no failure. */
  readonly unstoppable: ReadonlySet<string>;
}

/** How many standard errors of the estimate count as noise: one node in a million is that far off by chance. */
const NOISE = 5;
const HASHES_PER_SHARE = Number(expectedHashes(FLOOR));

/**
 * What must hold in every run with honest stake in the majority (docs/ADVERSARIES.md), checked on the report of a run
 * whose proofs an inspector judged.
 * @returns a sentence for each requirement that did not hold
 */
export function brokenInvariants(report: RunReport, roles: Roles): string[] {
  return [
    ...report.rounds.flatMap((round) => roundFaults(report, round, roles)),
    ...honestNodes(report, roles).flatMap((node) => nodeFaults(report, node)),
    ...roles.workers.flatMap((keys) => workerFaults(report, keys)),
  ];
}

function roundFaults(report: RunReport, round: RoundReport, roles: Roles): string[] {
  const name = namesOf(report);
  const at = `round ${round.round}`;
  if (round.submissions.length === 0) return [];
  const unjudged = round.submissions.filter((submission) => isValid(submission) === undefined);
  if (unjudged.length > 0) {
    // If the run was cut short, the last round may not have been inspected.
    return report.interrupted ? [] : [`${at}: ${unjudged.length} proofs were not judged`];
  }
  const faults: string[] = [];
  const proving = provingKeys(roles);
  for (const submission of round.submissions) {
    const { publicKey } = submission;
    if (proving.has(publicKey) && !isValid(submission) && roles.unstoppable.size === 0) {
      const reason = String(submission['reason']);
      faults.push(
        `${at}: ${name(publicKey)} ${proving.get(publicKey)}, its proof invalid: ${reason}`,
      );
    }
  }
  faults.push(...listFaults(report, round, roles), ...payoutFaults(report, round, roles));
  if (round.closed && !round.accepted) faults.push(`${at} was never paid`);
  return faults;
}

/** Right lists stand, wrong ones are voted out. */
function listFaults(report: RunReport, round: RoundReport, { unstoppable }: Roles): string[] {
  const name = namesOf(report);
  return round.distributionLists.flatMap((list) => {
    const isRight = isRightList(report, round, list);
    if (isRight === undefined || list.outcome === 'pending') return [];
    const isVotedOut = list.outcome === 'voted out';
    if (isRight !== isVotedOut || unstoppable.has(list.madeBy)) return [];
    // With a late submission in it or without: nodes that saw it and nodes that didn't vote each other's lists out.
    if (isRight && round.submissions.some(isLate)) return [];
    if (isRight && list.auditVotes.some(({ voter }) => unstoppable.has(voter))) return [];
    const what = isRight ? 'right, and voted out' : 'wrong, and not voted out';
    return [`round ${round.round}: the list by ${name(list.madeBy)} is ${what}`];
  });
}

/** Who has to be paid, and why. */
function provingKeys({ honest, workers }: Roles): ReadonlyMap<string, string> {
  return new Map([
    ...workers.flatMap((keys) => [...keys]).map((key) => [key, 'works'] as const),
    ...[...honest].map((key) => [key, 'is honest'] as const),
  ]);
}

/** Honest nodes and other workers get exactly what their proofs are worth, and nobody is paid without a valid proof. */
function payoutFaults(report: RunReport, round: RoundReport, roles: Roles): string[] {
  const name = namesOf(report);
  const paid = round.distributionLists.filter(({ accepted }) => accepted);
  const fair = fairList(report, round);
  if (paid.length === 0 || fair === undefined) return [];
  if (paid.some(({ madeBy }) => roles.unstoppable.has(madeBy))) return [];
  const submitted = new Map(round.submissions.map((each) => [each.publicKey, each]));
  const paidWrongly = Object.entries(round.payouts)
    .filter(([key, amount]) => amount > 0 && !isValid(submitted.get(key) ?? UNSUBMITTED))
    .map(
      ([key, amount]) => `round ${round.round}: ${name(key)} got ${amount} ROE for no valid proof`,
    );
  const otherwisePaid = [...provingKeys(roles)].flatMap(([key, why]) => {
    // A ledger that pays each standing list pays the right one several times.
    const due = (fair[key] ?? 0) * paid.length;
    const got = round.payouts[key] ?? 0;
    if (got === due) return [];
    return [`round ${round.round}: ${name(key)} ${why} and got ${got} of ${due} ROE`];
  });
  return [...paidWrongly, ...otherwisePaid];
}

const UNSUBMITTED: SubmissionReport = { publicKey: '', value: '', slot: 0, valid: false };

function nodeFaults(report: RunReport, node: NodeReport): string[] {
  const faults: string[] = [];
  if (node.stakeAfter < node.stakeBefore) {
    const lost = node.stakeBefore - node.stakeAfter;
    faults.push(`${node.name} is honest and lost ${lost} ROE of its stake`);
  }
  const underpaid = underpayment(report, new Set([node.publicKey]));
  return underpaid ? [...faults, `${node.name} is honest and ${underpaid}`] : faults;
}

/** It is paid for what it hashed, however it hashed it. */
function workerFaults(report: RunReport, keys: ReadonlySet<string>): string[] {
  const names = [...keys].map(namesOf(report)).join(' and ');
  const found = underpayment(report, keys) ?? overpayment(report, keys);
  return found ? [`${names} ${found}`] : [];
}

function underpayment(report: RunReport, keys: ReadonlySet<string>): string | undefined {
  const work = workOf(report, keys);
  return work.proven < work.provable - work.noise ? inWords(work) : undefined;
}

function overpayment(report: RunReport, keys: ReadonlySet<string>): string | undefined {
  const work = workOf(report, keys);
  return work.proven > work.done + work.noise ? inWords(work) : undefined;
}

function inWords({ done, proven }: { done: number; proven: number }): string {
  return `did ${Math.round(done)} hashes, but was paid for ${Math.round(proven)}`;
}

/** Work in hashes. */
interface Work {
  readonly done: number;
  /** The part of it that proofs have room for, at least. */
  readonly provable: number;
  readonly proven: number;
  /** How far what was proven may be from what was done. */
  readonly noise: number;
}

/** What these keys did and proved in the rounds in which they submitted. */
export function workOf(report: RunReport, keys: ReadonlySet<string>): Work {
  let [done, provable, proven, variance] = [0, 0, 0, 0];
  for (const { round, submission } of submissionsOf(report)) {
    const { hashesDone } = submission;
    if (!keys.has(submission.publicKey) || typeof hashesDone !== 'string') continue;
    const hashes = Number(hashesDone);
    done += hashes;
    provable += hashes * provablePart(round, submission);
    proven += Number(provenHashes(submission));
    // docs/PROTOCOL.md section 6: the squared relative error is 1/(K-2); with fewer shares, of Poisson's law, 1/shares.
    const full = K[sourceIn(submission)] - 2;
    const shares = Math.max(1, Math.min(full, hashes / HASHES_PER_SHARE));
    variance += Math.max(hashes, HASHES_PER_SHARE) ** 2 / shares;
  }
  return { done, provable, proven, noise: NOISE * Math.sqrt(variance) };
}

function submissionsOf({ rounds }: RunReport) {
  return rounds.flatMap((round) => round.submissions.map((submission) => ({ round, submission })));
}

/** A proof holds the best segments of a round, which has one more than its tip changed: at least their share of the work. */
function provablePart({ tipChanges = 0 }: RoundReport, submission: SubmissionReport): number {
  const held = MAX_SEGMENTS[sourceIn(submission)];
  return sourceIn(submission) === WORK_SOURCE.bitcoin
    ? Math.min(1, held / (1 + Number(tipChanges)))
    : 1;
}

function honestNodes(report: RunReport, { honest }: Roles): NodeReport[] {
  return report.nodes.filter(({ publicKey }) => honest.has(publicKey));
}

export function namesOf(report: RunReport): (publicKey: string) => string {
  const names = new Map(report.nodes.map(({ name, publicKey }) => [publicKey, name]));
  return (publicKey) => names.get(publicKey) ?? publicKey;
}
