import type { Audit } from './audits';
import type { TaskConfig } from './config';
import type { Inspections } from './inspector';
import type { ListOutcome } from './distribution-lists';
import type { Amounts } from './funds';
import type { Ledger } from './ledger';
import type { LedgerOptions } from './ledger-options';
import type { Notice } from './notices';
import type { ProcessExit } from './node-process';
import { isInRun } from './rounds';
import type { Refusal, SimulatedNode } from './simulated-node';

/** A whole run, as `--json` writes it (docs/SIMULATOR.md). Amounts are integers in ROE. */
export interface RunReport {
  readonly taskId: string;
  readonly taskName: string;
  readonly roundSeconds: number;
  /** ROE. */
  readonly bountyPerRound: number;
  /** The ledger's options. */
  readonly ledger: LedgerOptions;
  /** Whether it was stopped before its last round was over. */
  readonly interrupted: boolean;
  /** The round in which it was stopped; left out if it wasn't, or if no round had begun. */
  readonly interruptedInRound?: number;
  readonly succeeded: boolean;
  /** Why it did not succeed, one sentence each. */
  readonly failures: readonly string[];
  readonly rounds: readonly RoundReport[];
  readonly nodes: readonly NodeReport[];
}

export interface RoundReport {
  readonly round: number;
  readonly submissions: readonly SubmissionReport[];
  readonly auditVotes: readonly VoteReport[];
  readonly distributionLists: readonly ListReport[];
  /** Whom the SDK's algorithm selects each time the list was due; null for nobody. */
  readonly expectedListMakers: readonly { inRound: number; publicKey: string | null }[];
  /** Whether one of the lists was accepted, and whether that can't change any more. */
  readonly accepted: boolean;
  readonly closed: boolean;
  /** What was paid and, below 0, taken from stakes. */
  readonly payouts: Amounts;
  /** How much stake the makers of voted-out lists lost. */
  readonly listPenalties: Amounts;
  /** The inspector's fields. */
  readonly [field: string]: unknown;
}

export interface SubmissionReport {
  readonly publicKey: string;
  readonly value: string;
  readonly slot: number;
  /** The inspector's fields. */
  readonly [field: string]: unknown;
}

export interface VoteReport {
  readonly voter: string;
  readonly candidate: string;
  readonly isValid: boolean;
  readonly slot: number;
}

export interface ListReport {
  readonly madeBy: string;
  /** The account that holds its contents; the maker's key if a node made it. */
  readonly account: string;
  readonly submittedInRound: number;
  readonly slot: number;
  readonly accepted: boolean;
  readonly outcome: ListOutcome;
  /** What the account held in the end; empty if that is not a payable list. */
  readonly amounts: Amounts;
  readonly payable: boolean;
  readonly auditVotes: readonly VoteReport[];
}

export interface KeyReport {
  readonly publicKey: string;
  readonly stakeBefore: number;
  readonly stakeAfter: number;
  readonly balance: number;
}

export interface NodeReport extends KeyReport {
  readonly name: string;
  /** The operator's further keys. */
  readonly extraKeys: readonly KeyReport[];
  /** How often its task called each method of the node. */
  readonly calls: Readonly<Record<string, number>>;
  /** How its processes ended; the last one at the simulator's request when the run was over. */
  readonly exits: readonly (ProcessExit & { readonly round: number })[];
  /** Calls that the node answered with 422. */
  readonly refusals: readonly Refusal[];
  /** The task's messages to its owner: the newest 1,000, oldest first. */
  readonly notices: readonly Notice[];
  readonly log: string;
}

export interface ReportSources {
  readonly taskId: string;
  readonly config: TaskConfig;
  readonly rounds: number;
  readonly roundSeconds: number;
  readonly interrupted: boolean;
  readonly hasBegun: boolean;
  readonly ledger: Ledger;
  readonly nodes: readonly SimulatedNode[];
  readonly stakesBefore: ReadonlyMap<string, number>;
  readonly expectedListMakers: ReadonlyMap<number, ReadonlyMap<number, string | undefined>>;
  readonly inspections: Inspections;
}

export function buildReport(sources: ReportSources): RunReport {
  const { config, interrupted, ledger, nodes, roundSeconds, taskId } = sources;
  const rounds: RoundReport[] = [];
  for (let round = 0; round <= ledger.currentRound && isInRun(round, sources.rounds); round++) {
    rounds.push(roundReport(sources, round));
  }
  const failures = [
    ...rounds.filter(({ accepted, closed }) => closed && !accepted).map(roundFailure),
    ...nodes.flatMap(processFailures),
  ];
  return {
    taskId,
    taskName: config.taskName,
    roundSeconds,
    bountyPerRound: config.bountyPerRound,
    ledger: ledger.options,
    interrupted,
    ...(interrupted && sources.hasBegun && { interruptedInRound: ledger.currentRound }),
    succeeded: failures.length === 0,
    failures,
    rounds,
    nodes: nodes.map((node) => ({
      name: node.name,
      ...keyReport(sources, node.publicKey),
      extraKeys: node.extraKeys.map((key) => keyReport(sources, key)),
      calls: Object.fromEntries(node.calls),
      exits: node.exits,
      refusals: node.refusals,
      notices: node.notices,
      log: node.logPath,
    })),
  };
}

function keyReport({ ledger, stakesBefore }: ReportSources, publicKey: string): KeyReport {
  return {
    publicKey,
    stakeBefore: stakesBefore.get(publicKey) ?? 0,
    stakeAfter: ledger.stakes.get(publicKey) ?? 0,
    balance: ledger.balances.get(publicKey) ?? 0,
  };
}

function roundReport(sources: ReportSources, round: number): RoundReport {
  const { expectedListMakers, inspections, ledger } = sources;
  const record = ledger.record(round);
  return {
    round,
    ...inspections.roundFields(round),
    submissions: [...(record?.submissions ?? [])].map(([publicKey, { value, slot }]) => ({
      publicKey,
      value,
      slot,
      ...inspections.submissionFields(round, publicKey),
    })),
    auditVotes: [...(record?.submissionAudits ?? [])].flatMap(votesOn),
    distributionLists: listReports(ledger, round),
    expectedListMakers: [...(expectedListMakers.get(round) ?? [])].map(([inRound, publicKey]) => ({
      inRound,
      publicKey: publicKey ?? null,
    })),
    accepted: record?.payoutStatus === 'PayoutSuccessful',
    closed: ledger.isClosed(round),
    payouts: record?.payouts ?? {},
    listPenalties: record?.listPenalties ?? {},
  };
}

function listReports(ledger: Ledger, round: number): ListReport[] {
  const record = ledger.record(round);
  return [...(record?.lists.values() ?? [])].map((list) => {
    const audit = record?.listAudits.get(list.maker);
    const amounts = ledger.amountsOf(round, list);
    return {
      madeBy: list.maker,
      account: list.account,
      submittedInRound: list.submittedInRound,
      slot: list.slot,
      accepted: list.outcome === 'accepted',
      outcome: list.outcome,
      amounts: amounts ?? {},
      payable: amounts !== undefined,
      auditVotes: audit === undefined ? [] : votesOn([list.maker, audit]),
    };
  });
}

function votesOn([candidate, audit]: readonly [string, Audit]): VoteReport[] {
  return audit.votes.map((vote) => ({ ...vote, candidate }));
}

function roundFailure(report: RoundReport): string {
  const ended = `round ${report.round} ended without an accepted distribution list`;
  if (report.submissions.length === 0) return `${ended}: nobody submitted`;
  if (report.distributionLists.length > 0) {
    const lists = report.distributionLists.map(({ madeBy, outcome }) => `${madeBy} (${outcome})`);
    return `${ended}: made by ${lists.join(', ')}`;
  }
  const expected = report.expectedListMakers.map(({ publicKey }) => publicKey ?? 'nobody');
  return `${ended}: none was made (the SDK selects ${expected.join(', ')})`;
}

function processFailures(node: SimulatedNode): string[] {
  return node.exits
    .filter(({ requested, code }) => !requested && code !== 0)
    .map(({ code, signal, round }) => {
      const how = code === null ? `died of ${signal ?? 'a failed start'}` : `exited with ${code}`;
      return `${node.name} ${how} in round ${round}, see ${node.logPath}`;
    });
}
