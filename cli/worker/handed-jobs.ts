import type { Work } from './node-api';

/** Threads hear of another target within 100 ms: older jobs than these get no more shares. */
const MAX_JOBS = 16;

/** The jobs of one work, which differ in nothing but their targets. */
export class HandedJobs {
  /** The newest comes first. */
  private readonly jobs: Pick<Work, 'jobId' | 'target'>[] = [];

  /** @param work with the first of them */
  constructor(readonly work: Work) {
    this.add(work);
  }

  /** Adds the newest. */
  add({ jobId, target }: Pick<Work, 'jobId' | 'target'>): void {
    this.jobs.unshift({ jobId, target });
    this.jobs.splice(MAX_JOBS);
  }

  /** The newest job whose target a hash meets, for it may have been found for an easier one; else the newest. */
  idFor(hashValue: bigint): string {
    return (this.jobs.find(({ target }) => hashValue <= target) ?? this.jobs[0]!).jobId;
  }
}
