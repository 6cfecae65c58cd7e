import { setTimeout as sleep } from 'node:timers/promises';
import { RoundConflict, type RoundStarter } from '../../src/http/services';
import type { MiningNode } from '../../src/node';
import { monotonicClock } from '../../src/process/clock';
import { LastingTrouble } from '../../src/process/log';
import type { Submissions } from '../../src/work/seed';
import type { StandaloneRounds } from './standalone-rounds';

const RETRY_MS = 5_000;

/** Round after round by itself, as on a chain whose only submitter is this node. Nobody else starts any. */
export class OwnRounds implements RoundStarter {
  /** @param seconds that each round takes, above 0 */
  constructor(
    private readonly node: MiningNode,
    private readonly rounds: StandaloneRounds,
    private readonly seconds: number,
  ) {}

  start(): Promise<never> {
    return Promise.reject(
      new RoundConflict(`this node runs its rounds by itself (--rounds ${this.seconds})`),
    );
  }

  /** Never resolves. A round that goes on after a restart has its whole time again. */
  async run(): Promise<never> {
    const { miner, log } = this.node;
    const trouble = new LastingTrouble(log, {
      lasting: 'no round can be started',
      over: 'rounds are started again',
    });
    let round = miner.miningRound ?? this.rounds.next;
    log.info(`rounds of ${this.seconds} s run by themselves, from round ${round} on`);
    for (;;) {
      const endsAtMs = performance.now() + this.seconds * 1000;
      try {
        // The one that goes on keeps the seed it has.
        const isRunning = miner.miningRound === round;
        await this.rounds.start(round, isRunning ? undefined : await this.submissions(round - 2));
        trouble.over();
        miner.expectEnd(endsAtMs - performance.now());
        await monotonicClock.until(endsAtMs);
        round++;
      } catch (error) {
        trouble.failed(`round ${round} can't be started`, error);
        if (error instanceof RoundConflict) round++;
        await sleep(RETRY_MS);
      }
    }
  }

  /** What the chain would have of a round: the proof of this node, where it found any share. */
  private async submissions(round: number): Promise<Submissions> {
    const { miner } = this.node;
    const proof = round < 0 ? undefined : (await miner.round(round))?.proof();
    return proof === undefined ? {} : { [miner.identity.publicKey]: proof };
  }
}
