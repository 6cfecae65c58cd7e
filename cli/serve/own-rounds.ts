import { setTimeout as sleep } from 'node:timers/promises';
import { RoundConflict, type RoundStarter } from '../../src/http/routes/task';
import type { MiningNode } from '../../src/node';
import { monotonicClock } from '../../src/process/clock';
import { LastingTrouble } from '../../src/process/log';
import type { Submissions } from '../../src/work/seed';
import type { StandaloneRounds } from './standalone-rounds';

const RETRY_MS = 5_000;

/** Runs round after round, as on a chain whose only submitter is this node. Nobody else can start one. */
export class OwnRounds implements RoundStarter {
  /** @param seconds the length of each round, above 0 */
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

  /** Never resolves. A round continued after a restart gets its full time again. */
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
        // A round that is continued keeps its seed.
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

  /** What the chain would have of a round: this node's proof, if it found a share. */
  private async submissions(round: number): Promise<Submissions> {
    const { miner } = this.node;
    const proof = round < 0 ? undefined : (await miner.round(round))?.proof();
    return proof === undefined ? {} : { [miner.identity.publicKey]: proof };
  }
}
