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
    if (round.current === undefined) return undefined;
    const prefix = round.leases.ofConnection(this.extranonce1);
    if (prefix === undefined) return undefined;
    const job = jobOn(round, round.current, { id: this.nextId(), prefix, difficulty, nowMs });
    this.add(job);
    return (this.newest = job);
  }

  /**
   * A job that only keeps a miner quiet, without ground. Its shares count for nothing.
   * @param lastRound to make it of, where there was no job before
   * @returns undefined when there never was any work
   */
  makeQuiet(
    lastRound: Round | undefined,
    difficulty: number,
    nowMs: number,
  ): HandedJob | undefined {
    const job = this.quietJob(lastRound, difficulty, nowMs);
    // What it finds all the same may be a block.
    if (job?.template.blockTarget !== undefined) this.add(job);
    return job;
  }

  private quietJob(
    lastRound: Round | undefined,
    difficulty: number,
    nowMs: number,
  ): HandedJob | undefined {
    if (this.newest) return { ...this.newest, id: this.nextId() };
    const segment = lastRound?.current;
    if (!lastRound || segment === undefined) return undefined;
    const prefix = this.extranonce1;
    return jobOn(lastRound, segment, { id: this.nextId(), prefix, difficulty, nowMs });
  }

  private add(job: HandedJob): void {
    this.jobs.set(job.id, job);
    if (this.jobs.size > MAX_JOBS) this.jobs.delete(this.jobs.keys().next().value!);
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
    for (const other of this.jobs.values()) {
      const isRecent = nowMs - other.sentAtMs <= EASIEST_MS;
      if (isRecent && other.target > target) target = other.target;
    }
    return target;
  }
}

function jobOn(
  { number, templates }: Round,
  segment: number,
  sent: Pick<HandedJob, 'id' | 'prefix' | 'difficulty'> & { nowMs: number },
): HandedJob {
  const target = targetOf(sent.difficulty);
  return {
    id: sent.id,
    round: number,
    segment,
    template: templates[segment]!,
    prefix: sent.prefix,
    target,
    difficulty: sent.difficulty,
    hardestTarget: target,
    sentAtMs: sent.nowMs,
  };
}
