import Table from 'cli-table3';

import type { NodeReport, ReportFields, RoundReport, RunReport } from '../../simulator/index';
import { shortKey, tokens } from './format';

/** A column of the nodes' table that is made of what an inspector said of the node's submissions. */
export interface SummaryColumn {
  readonly title: string;
  ofSubmissions(submissions: readonly ReportFields[]): string;
}

/** The run at a glance, at most 80 columns wide: a table of the nodes and one of the rounds. */
export function renderReport(report: RunReport, summary: readonly SummaryColumn[]): string {
  return [nodeTable(report, summary), roundTable(report)].join('\n');
}

function nodeTable(report: RunReport, summary: readonly SummaryColumn[]): string {
  const table = newTable(
    ['Node', 'Key', ...summary.map(({ title }) => title), 'Votes', 'Reward', 'Stake'],
    2,
  );
  for (const node of report.nodes) {
    const submissions = report.rounds.flatMap((round) =>
      round.submissions.filter(({ publicKey }) => publicKey === node.publicKey),
    );
    table.push([
      node.name,
      shortKey(node.publicKey),
      ...summary.map((column) => column.ofSubmissions(submissions)),
      votesOn(node, report.rounds),
      tokens(node.balance),
      tokens(node.stakeAfter),
    ]);
  }
  return table.toString();
}

function roundTable(report: RunReport): string {
  const names = new Map(report.nodes.map(({ name, publicKey }) => [publicKey, name]));
  const table = newTable(['Round', 'Submissions', 'List made by', 'Accepted', 'Paid'], 3);
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

/** Votes for and against a node's submissions; none while nobody raised an audit. */
function votesOn(node: NodeReport, rounds: readonly RoundReport[]): string {
  const votes = rounds.flatMap(({ auditVotes }) =>
    auditVotes.filter(({ candidate }) => candidate === node.publicKey),
  );
  if (votes.length === 0) return 'none';
  const good = votes.filter(({ isValid }) => isValid).length;
  return `+${good} -${votes.length - good}`;
}

function listMaker(round: RoundReport, names: ReadonlyMap<string, string>): string {
  const list = round.distributionLists.find(({ accepted }) => accepted);
  const last = list ?? round.distributionLists.at(-1);
  if (last === undefined) return 'nobody';
  const others = round.distributionLists.length - 1;
  const name = names.get(last.madeBy) ?? shortKey(last.madeBy);
  return others === 0 ? name : `${name}, ${others} more voted out`;
}

/** Numbers stand to the right from the column `rightFrom` on. */
function newTable(head: string[], rightFrom: number): Table.Table {
  return new Table({
    head,
    colAligns: head.map((_, index) => (index < rightFrom ? 'left' : 'right')),
    style: { head: [], border: [], compact: true },
  });
}
