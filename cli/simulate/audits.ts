import { setTimeout as sleep } from 'node:timers/promises';
import type { NodeReport, RunReport, SimulatedNode } from '../../simulator';
import { apiOf } from './dashboard';

const LOOK_MS = 1000;
const TIMEOUT_MS = 2000;
/** The most between a node's last answer and the end of the run, in which the nodes take up to two seconds to end. */
const RECENT_MS = 6000;

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
export class AuditCounts {
  /** The counts of each process of a node as last read, by process id. */
  readonly #processes = new Map<SimulatedNode, Map<number, Counts>>();
  /** When each node answered last, by performance.now(). */
  readonly #answeredAt = new Map<SimulatedNode, number>();
  #isOver = false;

  /** Reads the counts every second from now on: a process takes its counts along when it ends. */
  start(nodes: readonly SimulatedNode[]): void {
    for (const node of nodes) void this.#follow(node);
  }

  stop(): void {
    this.#isOver = true;
  }

  /** Adds the counts to a network's report. */
  addTo<R extends RunReport>(
    report: R,
    nodes: readonly SimulatedNode[],
  ): Omit<R, 'nodes'> & { readonly nodes: readonly AuditedNode[] } {
    const audited = report.nodes.map((of, index) => ({ ...of, audits: this.#of(nodes[index]!) }));
    return { ...report, nodes: audited };
  }

  #of(node: SimulatedNode): NodeAudits | null {
    const processes = [...(this.#processes.get(node)?.values() ?? [])];
    if (processes.length === 0) return null;
    const sum = (verdict: string): number =>
      processes.reduce((total, counts) => total + (counts.get(verdict) ?? 0), 0);
    return {
      valid: sum('valid'),
      invalid: sum('invalid'),
      abstained: sum('abstained'),
      // The only exit is that at the end of the run.
      complete:
        node.exits.length <= 1 && performance.now() - this.#answeredAt.get(node)! < RECENT_MS,
    };
  }

  async #follow(node: SimulatedNode): Promise<void> {
    while (!this.#isOver) {
      await this.#look(node);
      await sleep(LOOK_MS, undefined, { ref: false });
    }
  }

  async #look(node: SimulatedNode): Promise<void> {
    const { pid } = node.process;
    const counts = pid === undefined ? undefined : await scrape(node);
    if (counts === undefined || node.process.pid !== pid) return;
    this.#answeredAt.set(node, performance.now());
    const processes = this.#processes.get(node) ?? new Map<number, Counts>();
    this.#processes.set(node, processes.set(pid!, counts));
  }
}

/** Undefined while the node does not answer. */
async function scrape(node: SimulatedNode): Promise<Counts | undefined> {
  try {
    const response = await fetch(`${apiOf(node)}/metrics`, {
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    if (!response.ok) return undefined;
    return countsIn(await response.text());
  } catch {
    return undefined;
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
