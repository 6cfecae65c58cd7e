import { KINDS, type Kind, type KindName } from '../../adversaries/kinds';
import type { ListReport, NodeReport, RoundReport, RunReport } from '../../simulator';
import type { PlannedNode } from './cheaters';
import { keysOf, lossOf } from './cost';
import { fairList, isRightList, isValid, votesOn } from './fair-list';
import { namesOf, workOf, type Roles } from './invariants';

/** What a cheater tried and with what result, as `--json` writes it. Nodes by name, amounts in ROE. */
export interface CheaterReport {
  readonly name: string;
  readonly publicKey: string;
  readonly kind: KindName;
  readonly lie: string;
  readonly submissions: readonly CheaterSubmission[];
  /** Its votes on submissions that contradict the proof. */
  readonly falseVotes: readonly FalseVote[];
  /** Its votes against distribution lists that were right. */
  readonly vetoes: readonly Veto[];
  /** Its distribution lists that differ from the right ones. */
  readonly dishonestLists: readonly DishonestList[];
  /** Calls that the ledger or its node refused. */
  readonly refusals: NodeReport['refusals'];
  /** Its pay per hash done (for a split worker, of all its keys) as a fraction of the honest nodes'. */
  readonly relativePay: number | null;
  /** By all keys of its operator, like the two below. */
  readonly earned: number;
  /** What its valid proofs are worth, over the rounds that are over. */
  readonly due: number;
  /** Taken from its stakes by lists and penalties. */
  readonly lost: number;
}

export interface CheaterSubmission {
  readonly round: number;
  readonly valid: boolean;
  readonly reason?: string;
  readonly votesFor: readonly string[];
  readonly votesAgainst: readonly string[];
  /** Who made the list that was paid; null when none was. */
  readonly listMaker: string | null;
  /** Below 0 if a list took it from the stake. */
  readonly paid: number;
}

export interface FalseVote {
  readonly round: number;
  readonly candidate: string;
  readonly isValid: boolean;
  /** Whether the sum of all votes on the candidate came out on its side. */
  readonly prevailed: boolean;
  /** What the candidate got; below 0 what it lost. */
  readonly paid: number;
}

export interface Veto {
  readonly round: number;
  readonly listBy: string;
  readonly outcome: ListReport['outcome'];
}

export interface DishonestList {
  readonly round: number;
  /** Whether the SDK selected it to make the list; the ledger takes lists from others too. */
  readonly selected: boolean;
  readonly outcome: ListReport['outcome'];
  readonly votesAgainst: readonly string[];
  /** Who made the list that was paid instead. */
  readonly paidListBy: string | null;
}

/** The roles of all keys, from the plan by which the network was started: nodes are in its order. */
export function rolesOf(plan: readonly PlannedNode[], report: RunReport): Roles {
  const nodesWhere = (wanted: (node: PlannedNode) => boolean) =>
    report.nodes.filter((_, index) => wanted(plan[index]!));
  const keysWhere = (wanted: (node: PlannedNode) => boolean) =>
    nodesWhere(wanted).map(({ publicKey }) => publicKey);
  return {
    honest: new Set(keysWhere(({ kind }) => kind === undefined)),
    workers: [...new Set(plan.map(({ kind }) => kind))].flatMap((kind) => {
      if (kind === undefined) return [];
      const { nodes, works = false }: Kind = KINDS[kind];
      const keys = works ? keysWhere((node) => node.kind === kind) : [];
      return keys.flatMap((_, i) => (i % nodes === 0 ? [new Set(keys.slice(i, i + nodes))] : []));
    }),
    unstoppable: new Set(nodesWhere(isUnstoppable).flatMap(keysOf)),
  };
}

function isUnstoppable({ kind }: PlannedNode): boolean {
  if (kind === undefined) return false;
  const { unstoppable = false }: Kind = KINDS[kind];
  return unstoppable;
}

/** A report for each cheater of the plan. */
export function cheaterReports(plan: readonly PlannedNode[], report: RunReport): CheaterReport[] {
  const roles = rolesOf(plan, report);
  return report.nodes.flatMap((node, index) => {
    const { kind } = plan[index]!;
    return kind === undefined ? [] : [cheaterReport(kind, node, report, roles)];
  });
}

function cheaterReport(
  kind: KindName,
  node: NodeReport,
  report: RunReport,
  { honest, workers }: Roles,
): CheaterReport {
  const { name, publicKey, refusals } = node;
  const worker = workers.find((each) => each.has(publicKey)) ?? new Set([publicKey]);
  const relativePay = payPerHash(report, worker) / payPerHash(report, honest);
  const keys = keysOf(node);
  const each = <T>(of: (round: RoundReport) => readonly T[]): T[] => report.rounds.flatMap(of);
  return {
    name,
    publicKey,
    kind,
    lie: KINDS[kind].lie,
    submissions: each((round) => submissionsBy(publicKey, round, report)),
    falseVotes: each((round) => falseVotesBy(publicKey, round, report)),
    vetoes: each((round) => vetoesBy(keys, round, report)),
    dishonestLists: each((round) => dishonestListsBy(keys, round, report)),
    refusals,
    relativePay: Number.isFinite(relativePay) ? relativePay : null,
    earned: sum([node, ...node.extraKeys].map(({ balance }) => balance)),
    due: sum(
      report.rounds
        .filter(({ closed }) => closed)
        .flatMap((round) => keys.map((key) => fairList(report, round)?.[key] ?? 0)),
    ),
    lost: sum(report.rounds.flatMap((round) => keys.map((key) => lossOf(round, key)))),
  };
}

function sum(amounts: readonly number[]): number {
  return amounts.reduce((total, amount) => total + amount, 0);
}

/** ROE; NaN if none of them reported a hash. */
function payPerHash(report: RunReport, keys: ReadonlySet<string>): number {
  const paid = report.nodes
    .filter(({ publicKey }) => keys.has(publicKey))
    .reduce((sum, { balance }) => sum + balance, 0);
  return paid / (workOf(report, keys).done || NaN);
}

function submissionsBy(
  publicKey: string,
  round: RoundReport,
  report: RunReport,
): CheaterSubmission[] {
  const name = namesOf(report);
  const submission = round.submissions.find((each) => each.publicKey === publicKey);
  if (submission === undefined) return [];
  const votes = round.auditVotes.filter(({ candidate }) => candidate === publicKey);
  const votersFor = (side: boolean) =>
    votes.filter((vote) => vote.isValid === side).map(({ voter }) => name(voter));
  return [
    {
      round: round.round,
      valid: isValid(submission) === true,
      ...(typeof submission['reason'] === 'string' && { reason: submission['reason'] }),
      votesFor: votersFor(true),
      votesAgainst: votersFor(false),
      listMaker: paidListBy(round, report),
      paid: round.payouts[publicKey] ?? 0,
    },
  ];
}

function falseVotesBy(publicKey: string, round: RoundReport, report: RunReport): FalseVote[] {
  const name = namesOf(report);
  return round.auditVotes
    .filter(({ voter }) => voter === publicKey)
    .flatMap(({ candidate, isValid: vote }) => {
      const submission = round.submissions.find((each) => each.publicKey === candidate);
      if (submission === undefined || isValid(submission) === vote) return [];
      const prevailed = vote === votesOn(round, candidate) >= 0;
      const paid = round.payouts[candidate] ?? 0;
      return [{ round: round.round, candidate: name(candidate), isValid: vote, prevailed, paid }];
    });
}

function vetoesBy(keys: readonly string[], round: RoundReport, report: RunReport): Veto[] {
  const name = namesOf(report);
  return round.distributionLists
    .filter((list) => isRightList(report, round, list))
    .filter(({ auditVotes }) =>
      auditVotes.some(({ voter, isValid }) => keys.includes(voter) && !isValid),
    )
    .map(({ madeBy, outcome }) => ({ round: round.round, listBy: name(madeBy), outcome }));
}

function dishonestListsBy(
  keys: readonly string[],
  round: RoundReport,
  report: RunReport,
): DishonestList[] {
  const name = namesOf(report);
  return round.distributionLists
    .filter(({ madeBy }) => keys.includes(madeBy))
    .filter((list) => isRightList(report, round, list) === false)
    .map((list) => ({
      round: round.round,
      selected: round.expectedListMakers.some(
        ({ publicKey, inRound }) => publicKey === list.madeBy && inRound === list.submittedInRound,
      ),
      outcome: list.outcome,
      votesAgainst: list.auditVotes.filter((vote) => !vote.isValid).map(({ voter }) => name(voter)),
      paidListBy: paidListBy(round, report),
    }));
}

function paidListBy(round: RoundReport, report: RunReport): string | null {
  const list = round.distributionLists.find(({ accepted }) => accepted);
  return list === undefined ? null : namesOf(report)(list.madeBy);
}
