import Table from 'cli-table3';
import type {
  ListOutcome,
  NodeReport,
  ReportFields,
  RoundReport,
  RunReport,
} from '../../simulator';
import { shortKey, tokens } from '../../src/format';
import { auditsInWords, type AuditedNode } from './audits';
import { printable } from './terminal-text';

/** A run to show; the audits of another task's nodes are not known. */
export interface ShownReport extends RunReport {
  readonly nodes: readonly (NodeReport & Partial<Pick<AuditedNode, 'audits'>>)[];
}

/** A column of the nodes' table, computed from an inspector's fields of the node's submissions. */
export interface SummaryColumn {
  readonly title: string;
  ofSubmissions(submissions: readonly ReportFields[]): string;
}

/** How many notices of a node are printed. */
const NOTICES_SHOWN = 20;

/**
 * A summary of the run: a table of the nodes and one of the rounds, at most 80 columns wide, then the notices,
 * if there were any.
 */
export function renderReport(report: ShownReport, summary: readonly SummaryColumn[]): string {
  return [nodeTable(report, summary), roundTable(report), ...noticeLines(report)].join('\n');
}

function nodeTable(report: ShownReport, summary: readonly SummaryColumn[]): string {
  const showsAudits = report.nodes.some(({ audits }) => audits !== undefined);
  const table = newTable(
    [
      'Node',
      ...summary.map(({ title }) => title),
      ...(showsAudits ? ['Audits by\nthis node'] : []),
      'Votes\nagainst',
      'Reward,\ntokens',
      'Stake,\ntokens',
    ],
    1,
  );
  for (const node of report.nodes) {
    const submissions = report.rounds.flatMap((round) =>
      round.submissions.filter(({ publicKey }) => publicKey === node.publicKey),
    );
    table.push([
      node.name,
      ...summary.map((column) => column.ofSubmissions(submissions)),
      ...(showsAudits ? [auditsInWords(node.audits ?? null).join('\n')] : []),
      votesOn(node, report.rounds),
      tokens(node.balance),
      tokens(node.stakeAfter),
    ]);
  }
  return table.toString();
}

function roundTable(report: RunReport): string {
  const names = new Map(report.nodes.map(({ name, publicKey }) => [publicKey, name]));
  const table = newTable(['Round', 'Proofs', 'List made by', 'Accepted', 'Paid, tokens'], 3);
  for (const round of report.rounds) {
    const paid = Object.values(round.payouts).reduce((sum, amount) => sum + Math.max(0, amount), 0);
    table.push([
      round.round,
      round.submissions.length,
      listMaker(round, names),
      round.accepted ? 'yes' : round.closed ? 'no' : 'open',
      tokens(paid),
    ]);
  }
  return table.toString();
}

/** Warnings and errors in full: a truncated address can't be opened. Other notices were printed as they came. */
function noticeLines({ nodes }: RunReport): string[] {
  const lines = nodes.flatMap(({ name, notices }) => {
    const pressing = notices.filter(({ level }) => level !== 'log');
    const earlier = pressing.length - NOTICES_SHOWN;
    const told = pressing.slice(-NOTICES_SHOWN).map(({ round, level, message }) => {
      return `  ${name}, round ${round}, ${level}: ${printable(message)}`;
    });
    return earlier > 0 ? [`  ${name}: ${earlier} earlier, see --json or --report`, ...told] : told;
  });
  return lines.length === 0 ? [] : ['Warnings to the owners:', ...lines];
}

/** How many votes said that a node's proofs are invalid, and how many that they are valid, if any were cast. */
function votesOn(node: NodeReport, rounds: readonly RoundReport[]): string {
  const votes = rounds.flatMap(({ auditVotes }) =>
    auditVotes.filter(({ candidate }) => candidate === node.publicKey),
  );
  const good = votes.filter(({ isValid }) => isValid).length;
  return `${votes.length - good}${good === 0 ? '' : `, ${good} for`}`;
}

/** Several right lists of a round are normal: one is paid, the others stand unused. */
const NOT_PAID: readonly [ListOutcome, string][] = [
  ['not used', 'more stand'],
  ['voted out', 'voted out'],
  ['not payable', 'not payable'],
  ['pending', 'open'],
];

/** "node-2", "node-2, 2 more stand, 1 voted out", "nobody" */
function listMaker(round: RoundReport, names: ReadonlyMap<string, string>): string {
  const lists = round.distributionLists;
  const paid = lists.filter(({ accepted }) => accepted).map(({ madeBy }) => madeBy);
  const makers = paid.map((key) => names.get(key) ?? shortKey(key)).join(', ') || 'nobody';
  const others = NOT_PAID.flatMap(([outcome, what]) => {
    const found = lists.filter((list) => list.outcome === outcome).length;
    return found === 0 ? [] : [`${found} ${what}`];
  });
  return [makers, ...others].join(', ');
}

/** Columns from `rightFrom` on hold numbers and are aligned right. */
function newTable(head: string[], rightFrom: number): Table.Table {
  return new Table({
    head,
    colAligns: head.map((_, index) => (index < rightFrom ? 'left' : 'right')),
    style: { head: [], border: [], compact: true },
  });
}
