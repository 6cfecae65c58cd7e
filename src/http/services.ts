import type { SubmittedProof } from '../audit/auditor';
import type { Metrics } from '../metrics/metrics';
import type { Governor } from '../mining/governor';
import type { Log } from '../process/log';
import type { Verdict } from '../proof/verify';
import type { Miner } from '../rounds/miner';
import type { RemoteShares } from '../rounds/remote-shares';
import type { ShareLog } from '../rounds/share-log';
import type { Submissions } from '../work/seed';
import type { Jobs } from '../workers/jobs';
import type { Workers } from '../workers/workers';

/** A round can't be started as asked. */
export class RoundConflict extends Error {
  override readonly name = 'RoundConflict';
}

/** Starts rounds where no Koii node does. */
export interface RoundStarter {
  /**
   * Starts a round, or finds it running.
   * @param submissions of the round two before, for the seed
   * @throws RoundConflict when it is over, stands on another seed, or would harm another round.
   */
  start(round: number, submissions: Submissions | undefined): Promise<'started' | 'running'>;
}

/** All that the API serves. */
export interface Services {
  miner: Miner;
  governor: Pick<Governor, 'standing'>;
  workers: Workers;
  jobs: Jobs;
  remoteShares: RemoteShares;
  shares: ShareLog;
  /** @throws when this node lacks what it needs to decide. */
  audit: (round: number, submitted: SubmittedProof) => Promise<Verdict>;
  /** Undefined under a Koii node, which starts rounds itself. */
  rounds: RoundStarter | undefined;
  metrics: Metrics;
  log: Log;
}
