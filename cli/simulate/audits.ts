import type { NodeReport, RunReport, SimulatedNode } from '../../simulator';
import { FollowedProcesses } from './followed-processes';

/** How many proofs a node audited by itself, by what it found. */
export interface NodeAudits {
  readonly valid: number;
  readonly invalid: number;
  /** It could not tell, and so did not vote. */
  readonly abstained: number;
  /** False if a process ended before the run did, or did not answer at the end: there may have been more. */
  readonly complete: boolean;
}

/** A node of this task; null if nothing is known of its audits. */
export interface AuditedNode extends NodeReport {
  readonly audits: NodeAudits | null;
}

/** "6 valid", for each verdict that occurred; "-" if none is known, though there may have been some. */
export function auditsInWords(audits: NodeAudits | null): string[] {
  if (audits === null) return ['-'];
  const { complete, ...counts } = audits;
  const all = [
    ['valid', counts.valid],
    ['invalid', counts.invalid],
    ['left', counts.abstained],
  ] as const;
  const some = all.filter(([, number]) => number > 0);
  if (some.length === 0) return [complete ? 'none' : '-'];
  return some.map(([verdict, number]) => `${complete ? '' : '≥ '}${number} ${verdict}`);
}

type Counts = ReadonlyMap<string, number>;

/**
 * Counts the audits of a network of this task from the metrics of its processes (GET /metrics). The chain shows
 * nothing of an audit that finds a proof valid.
 */
export class AuditCounts extends FollowedProcesses<Counts> {
  constructor() {
    super('/metrics', async (response) => countsIn(await response.text()));
  }

  /** Adds the counts to a network's report. */
  addTo<R extends RunReport>(
    report: R,
    nodes: readonly SimulatedNode[],
  ): Omit<R, 'nodes'> & { readonly nodes: readonly (R['nodes'][number] & AuditedNode)[] } {
    const found: readonly R['nodes'][number][] = report.nodes;
    const audited = found.map((of, index) => ({ ...of, audits: this.#auditsOf(nodes[index]!) }));
    return { ...report, nodes: audited };
  }

  #auditsOf(node: SimulatedNode): NodeAudits | null {
    const processes = this.of(node);
    if (processes.length === 0) return null;
    const sum = (verdict: string): number =>
      processes.reduce((total, counts) => total + (counts.get(verdict) ?? 0), 0);
    return {
      valid: sum('valid'),
      invalid: sum('invalid'),
      abstained: sum('abstained'),
      complete: this.isAllOf(node),
    };
  }
}

/** The audits by verdict, from the text of GET /metrics; undefined if it has none of them. */
export function countsIn(metrics: string): Counts | undefined {
  const found = metrics.matchAll(/^orca_audits_total\{verdict="(\w+)"\} (\d+)$/gm);
  const counts = new Map(
    [...found].map(([, verdict, value]) => [verdict!, Number(value)] as const),
  );
  return counts.size === 0 ? undefined : counts;
}
