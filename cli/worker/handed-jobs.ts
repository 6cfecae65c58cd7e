import type { Work } from './node-api';

/** Threads learn of a new target within 100 ms, so jobs older than these get no more shares. */
const MAX_JOBS = 16;

/** The jobs of the same work, which differ only in their targets. */
export class HandedJobs {
  /** The newest comes first. */
  private readonly jobs: Pick<Work, 'jobId' | 'target'>[] = [];

  /** @param work the first of them */
  constructor(readonly work: Work) {
    this.add(work);
  }

  /** Adds the newest. */
  add({ jobId, target }: Pick<Work, 'jobId' | 'target'>): void {
    this.jobs.unshift({ jobId, target });
    this.jobs.splice(MAX_JOBS);
  }

  /** The newest job whose target a hash meets, as it may have been found for an easier one; else the newest. */
  idFor(hashValue: bigint): string {
    return (this.jobs.find(({ target }) => hashValue <= target) ?? this.jobs[0]!).jobId;
  }
}
