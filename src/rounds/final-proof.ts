import { NotYetError, type Seeds } from '../audit/seeds';
import type { Log } from '../process/log';
import type { Miner } from './miner';
import type { RoundRunnerOptions } from './round-runner';

/** How long to try for a last look at the seed of a round that is handed in. */
const SEED_LOOK_MS = 5000;

export interface FinalProofsOptions extends Pick<RoundRunnerOptions, 'patiently'> {
  /** The round that runs. @param round should be over by now @throws while it can't be learned */
  current: (round: number) => Promise<number>;
  miner: Pick<Miner, 'close'>;
  seeds: Pick<Seeds, 'shown'>;
  /** Whether the node still submits under the account that was mined for. @throws while it can't be learned */
  isKept: () => Promise<boolean>;
  log: Log;
}

/** What this node submits for its rounds. */
export class FinalProofs {
  constructor(private readonly options: FinalProofsOptions) {}

  /**
   * Closes a round and gives its proof, at most 496 characters; undefined if there is nothing to submit or it is too
   * late. The proof is given whatever seed the chain shows now: at worst it earns nothing. If the node has another
   * account by now it is not given, since it would be an invalid proof of that account.
   * @throws NotYetError while the chain does not say that the round is over, and what `current` and `isKept` throw
   */
  async of(round: number): Promise<string | undefined> {
    const { isKept, log, miner } = this.options;
    const current = await this.options.current(round);
    // A round that still runs must not be closed.
    if (current <= round) throw new NotYetError(`by the chain's clock round ${round} is not over`);
    if (current > round + 1 || !(await isKept())) return undefined;
    const closed = await miner.close(round);
    const proof = closed?.proof();
    if (!closed || proof === undefined) return undefined;
    void this.tellOfAnotherSeed(round, closed.seed);
    log.info(`submitting ${closed.estimatedHashes} hashes for round ${round}`);
    return proof;
  }

  /**
   * After a late submission two rounds before, or with a view that lagged then or lags now: other nodes may have mined
   * on either seed.
   */
  private async tellOfAnotherSeed(round: number, mined: Uint8Array): Promise<void> {
    const { log, patiently, seeds } = this.options;
    try {
      const what = `a look at the seed of round ${round}`;
      const shown = await patiently(what, () => seeds.shown(round), { forMs: SEED_LOOK_MS });
      if (shown.equals(mined)) return;
      log.warn(
        `round ${round} was mined on another seed than the chain shows now: submitted all the same`,
      );
    } catch (error) {
      log.debug({ error }, `the seed of round ${round} can't be looked at now`);
    }
  }
}
