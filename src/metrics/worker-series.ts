import { REJECTED_AS, type RejectedAs } from '../workers/worker';
import type { WorkerState } from '../workers/workers';

/** So many workers have series of their own. */
const MAX_NAMED = 50;
/**
 * A worker keeps its series for so long after its last share. If only the newest share decided, then of 1,024 workers
 * that mine others would have them at each scrape, and Prometheus would keep a series for every name that anybody
 * ever made up.
 */
const KEEPS_SERIES_MS = 7_200_000;
/** The worker label of all others together. A worker that calls itself so is one of them. */
export const OTHER = 'other';

/** What became of shares. */
export interface Counts {
  accepted: number;
  rejected: ReadonlyMap<RejectedAs, number>;
}

/** The series with one value of the label `worker`. */
export interface Series {
  worker: string;
  /** Whose values it shows; any number under OTHER. */
  of: readonly WorkerState[];
  /** Counted up to now. Under OTHER: while they had no series of their own. */
  counts: Counts;
}

const NOTHING: Counts = { accepted: 0, rejected: new Map() };

/**
 * Which workers have series of their own: those that had a share accepted last. The rest are OTHER. It is made of what
 * came since the series were read before, and not of the sum of those who are in it: that sum falls when one of them
 * gets a series of its own, and Prometheus would take that for a restart.
 */
export class WorkerSeries {
  private named: ReadonlySet<string> = new Set();
  /** By worker id, when they were read last. */
  private before: ReadonlyMap<string, Counts> = new Map();
  private others = NOTHING;

  /** @param workers all that are known now */
  read(workers: readonly WorkerState[]): Series[] {
    const named = this.choose(workers);
    this.named = new Set(named.map(({ id }) => id));
    const rest = workers.filter(({ id }) => !this.named.has(id));
    for (const worker of rest) this.others = sumOf(this.others, this.newOf(worker));
    this.before = new Map(workers.map((worker) => [worker.id, countsOf(worker)]));
    const own = named.map((worker) => ({ worker: worker.id, of: [worker], counts: worker }));
    return [...own, { worker: OTHER, of: rest, counts: this.others }];
  }

  /** Without those that had no share accepted: a name costs nothing until then. */
  private choose(workers: readonly WorkerState[]): WorkerState[] {
    const rank = ({ id, sinceShareMs }: WorkerState): number => {
      const ms = sinceShareMs ?? Infinity;
      return this.named.has(id) && ms < KEEPS_SERIES_MS ? -1 : ms;
    };
    return workers
      .filter(({ id, sinceShareMs }) => id !== OTHER && sinceShareMs !== null)
      .sort((a, b) => rank(a) - rank(b))
      .slice(0, MAX_NAMED);
  }

  /** What came since the last time. */
  private newOf(worker: WorkerState): Counts {
    const before = this.before.get(worker.id) ?? NOTHING;
    return {
      accepted: increase(before.accepted, worker.accepted),
      rejected: byReason((as) => increase(rejectedOf(before, as), rejectedOf(worker, as))),
    };
  }
}

/** How many of the shares of a series were rejected for a reason. */
export function rejectedOf({ rejected }: Pick<Counts, 'rejected'>, as: RejectedAs): number {
  return rejected.get(as) ?? 0;
}

/** As Prometheus has it: a count that fell began anew. A worker that lost its place does, when it comes back. */
function increase(before: number, now: number): number {
  return now < before ? now : now - before;
}

function sumOf(a: Counts, b: Counts): Counts {
  return {
    accepted: a.accepted + b.accepted,
    rejected: byReason((as) => rejectedOf(a, as) + rejectedOf(b, as)),
  };
}

/** A copy: the worker's own goes on. */
function countsOf(worker: WorkerState): Counts {
  return { accepted: worker.accepted, rejected: new Map(worker.rejected) };
}

function byReason(count: (as: RejectedAs) => number): ReadonlyMap<RejectedAs, number> {
  return new Map(REJECTED_AS.map((as) => [as, count(as)]));
}
