import type { RunReport } from '../../simulator';
import { K } from '../../src/consensus';
import { count, percent, tokens } from '../../src/format';
import { relativeError } from '../../src/proof/shares';
import type { AuditedNode } from './audits';
import { sourceIn } from './fair-list';
import { remoteWorkSentences, type NodeWithWorkers } from './remote-work';
import type { ShownReport } from './tables';

/** The report of a run of this task. */
export interface MiningReport extends RunReport {
  readonly nodes: readonly (AuditedNode & Partial<NodeWithWorkers>)[];
}

export function isMiningReport(report: ShownReport): report is MiningReport {
  return report.nodes.every(({ audits }) => audits !== undefined);
}

/** Explains the tables of a run of this task, in sentences. */
export function explain(report: MiningReport): string[] {
  return [
    ...auditSentences(report),
    ...estimateSentences(report),
    ...remoteWorkSentences(report.nodes),
  ];
}

/** The outcome of a run, and where to look next. */
export function closing(report: RunReport, rounds: number): string[] {
  const { nodes, rounds: reported } = report;
  const proofs = reported.reduce((sum, { submissions }) => sum + submissions.length, 0);
  const paidRounds = reported.filter(({ accepted }) => accepted).length;
  const paid = nodes.reduce((sum, { balance }) => sum + balance, 0);
  return [
    `In ${count(rounds, 'round')} ${count(nodes.length, 'node')} mined, put ${count(proofs, 'proof')} of their work on the chain, audited each other's and agreed`,
    `on who gets what: ${tokens(paid)} tokens, for ${count(paidRounds, 'round')}, in proportion to the work that is proven. The run is over, its dashboard too.`,
    'Next:',
    '  npm start -- --rounds 0 --open          the same without end, with the dashboard in your browser',
    '  npm start -- --report run.html          a page of the whole run: every proof, list and vote',
    '  npm start -- --cheaters forge,copy      cheats among the nodes, and what they get',
    '  README.md, "Deploy it on Koii"          the way to the real network; docs/SIMULATOR.md tells of this one',
  ];
}

function auditSentences({ nodes, rounds }: MiningReport): string[] {
  const known = nodes.flatMap(({ name, audits }) => (audits === null ? [] : [{ name, ...audits }]));
  const sum = (verdict: 'valid' | 'invalid' | 'abstained'): number =>
    known.reduce((total, audits) => total + audits[verdict], 0);
  const [valid, invalid, abstained] = [sum('valid'), sum('invalid'), sum('abstained')];
  const all = valid + invalid + abstained;
  const votes = rounds.flatMap(({ auditVotes }) => auditVotes).length;
  if (all === 0) return ['Audits: none is known.'];
  const isWhole = known.length === nodes.length && known.every(({ complete }) => complete);
  const verdicts = [
    ...(invalid + abstained === 0 ? ['all valid'] : [`${valid} valid`]),
    ...(invalid > 0 ? [`${invalid} invalid`] : []),
    ...(abstained > 0 ? [`${abstained} left, where a node could not know`] : []),
  ];
  const by = known.filter((audits) => audits.valid + audits.invalid + audits.abstained > 0);
  const who = by.length > 5 ? `${by.length} nodes` : by.map(({ name }) => name).join(', ');
  return [
    `Audits: ${isWhole ? '' : 'at least '}${all} of other nodes' proofs, by ${who}: ${verdicts.join(', ')}.`,
    `Votes: ${votes === 0 ? 'none, and none was due' : votes}. A node votes against a proof that it finds invalid, and for a valid one that another voted against.`,
  ];
}

function estimateSentences({ rounds }: MiningReport): string[] {
  const proofs = rounds
    .flatMap(({ submissions }) => submissions)
    .filter(({ valid, shares }) => valid === true && Number(shares) > 0);
  if (proofs.length === 0) return [];
  const most = [...new Set(proofs.map((proof) => K[sourceIn(proof)]))].join(' or ');
  const errors = proofs.map((proof) => relativeError(sourceIn(proof), Number(proof['shares'])));
  const error = percent(Math.max(...errors));
  return [
    `Hashes estimated: what the lowest hashes of each proof, ${most} at most, show of the hashes done, and what is paid for.`,
    `By chance that is ± ${error} a round (the standard error); over many rounds it evens out.`,
  ];
}
