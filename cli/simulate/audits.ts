import { setTimeout as sleep } from 'node:timers/promises';
import type { NodeReport, RunReport, SimulatedNode } from '../../simulator';
import { apiOf } from './dashboard';

const LOOK_MS = 1000;
const TIMEOUT_MS = 2000;
/** Between the last answer of a node and the end of the run; the nodes' ends, up to two seconds each, lie in it. */
const RECENT_MS = 6000;

/** How many proofs a node audited by itself, by what it found. */
export interface NodeAudits {
  readonly valid: number;
  readonly invalid: number;
  /** It could not know, and so has no vote. */
  readonly abstained: number;
  /** False where a process ended before the run did, or did not answer in the end: there may have been more. */
  readonly complete: boolean;
}

/** A node of this task; null where nothing is known of its audits. */
export interface AuditedNode extends NodeReport {
  readonly audits: NodeAudits | null;
}

/** "6 valid", of each verdict that there is; "-" where none is known, and there may have been some. */
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
 * Counts the audits of a network of this task, by what its processes say of themselves (GET /metrics). On chain there is
 * nothing of an audit that finds a proof valid.
 */
export class AuditCounts {
  /** Each process of a node by its id, with what it counted up to the last look. */
  readonly #processes = new Map<SimulatedNode, Map<number, Counts>>();
  /** When each node answered last, by performance.now(). */
  readonly #answeredAt = new Map<SimulatedNode, number>();
  #isOver = false;

  /** Looks every second from now on: what ends takes its counts along. */
  start(nodes: readonly SimulatedNode[]): void {
    for (const node of nodes) void this.#follow(node);
  }

  stop(): void {
    this.#isOver = true;
  }

  /** Adds to the report of a network what was counted in it. */
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
      // The one end is the run's.
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

/** The audits by verdict, from the text of GET /metrics; undefined where it has none of them. */
export function countsIn(metrics: string): Counts | undefined {
  const found = metrics.matchAll(/^orca_audits_total\{verdict="(\w+)"\} (\d+)$/gm);
  const counts = new Map(
    [...found].map(([, verdict, value]) => [verdict!, Number(value)] as const),
  );
  return counts.size === 0 ? undefined : counts;
}
