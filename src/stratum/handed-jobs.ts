import type { Round } from '../rounds/round';
import type { Job } from '../workers/jobs';
import { targetOf } from './difficulty';

/** Shares are judged by the easiest difficulty of so long: most miners take up a new one late. */
const EASIEST_MS = 120_000;
/** More than a round has at a job each 55 s, mostly. */
const MAX_JOBS = 128;

/** A job as it was sent over one connection. */
export interface HandedJob extends Job {
  id: string;
  /** The highest difficulty that it was sent with, and the target of that: its shares are worth that. */
  difficulty: number;
  hardestTarget: bigint;
  sentAtMs: number;
}

/** The jobs of one connection, each on ground of its own. */
export class HandedJobs {
  /** By id, the oldest first. */
  private readonly jobs = new Map<string, HandedJob>();

  /** @param extranonce1 u8, the second byte of all its ground */
  constructor(
    private readonly extranonce1: number,
    private readonly nextId: () => string,
  ) {}

  /** The newest; undefined before the first. */
  newest: HandedJob | undefined;

  find(id: string): HandedJob | undefined {
    return this.jobs.get(id);
  }

  /** A job on the segment that a round is mined on; undefined when there is no ground for it. */
  make(round: Round, difficulty: number, nowMs: number): HandedJob | undefined {
    const segment = round.current;
    const prefix = segment === undefined ? undefined : round.leases.ofConnection(this.extranonce1);
    if (segment === undefined || prefix === undefined) return undefined;
    const job: HandedJob = {
      id: this.nextId(),
      round: round.number,
      segment,
      template: round.templates[segment]!,
      prefix,
      target: targetOf(difficulty),
      difficulty,
      hardestTarget: targetOf(difficulty),
      sentAtMs: nowMs,
    };
    this.jobs.set(job.id, job);
    if (this.jobs.size > MAX_JOBS) this.jobs.delete(this.jobs.keys().next().value!);
    return (this.newest = job);
  }

  /** Notes that the newest job is sent again, maybe with another difficulty. */
  sentAgain(job: HandedJob, difficulty: number, nowMs: number): void {
    const target = targetOf(difficulty);
    if (target > job.target) job.target = target;
    if (difficulty > job.difficulty) [job.difficulty, job.hardestTarget] = [difficulty, target];
    job.sentAtMs = nowMs;
  }

  /** The highest hash value that a share of a job may have now. */
  targetFor(job: HandedJob, nowMs: number): bigint {
    let { target } = job;
    for (const other of [...this.jobs.values()].reverse()) {
      // They were sent in this order.
      if (nowMs - other.sentAtMs > EASIEST_MS) break;
      if (other.target > target) target = other.target;
    }
    return target;
  }
}
