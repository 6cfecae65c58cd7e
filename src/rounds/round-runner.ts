import { NotYetError, type Seeds } from '../audit/seeds';
import type { Clock } from '../process/clock';
import type { Log } from '../process/log';
import type { Miner } from './miner';
import { Looks, type RoundTimes } from './round-clock';

/** What a runner asks of the chain. */
export interface RoundChain {
  /**
   * The round that runs.
   * @param expected the round that is expected to run, if any: an answer far from it must be verified
   * @throws while it can't be learned
   */
  current(expected?: number): Promise<number>;
  /** When a round's windows are, in ms of the runner's Clock; undefined if rounds have no end of their own. */
  times(round: number): Promise<RoundTimes | undefined>;
}

export interface RoundRunnerOptions {
  chain: RoundChain;
  seeds: Pick<Seeds, 'of' | 'confirm' | 'rewind'>;
  miner: Pick<Miner, 'begin' | 'expectEnd' | 'minedMs' | 'miningRound' | 'pause'>;
  clock: Clock;
  log: Log;
  /** Retries what may pass. @throws what won't pass, at once, and the last failure once `forMs` are over */
  patiently: <T>(
    what: string,
    attempt: () => Promise<T>,
    limits: { signal?: AbortSignal; forMs?: number },
  ) => Promise<T>;
  /** How long a round is mined at most. */
  budgetMs: () => number;
  /** Whether an earlier process began a round. */
  isBegun: (round: number) => Promise<boolean>;
  /** Asked before a round is mined; it logs the reason for a no. */
  mayMine: (round: number) => Promise<boolean>;
  /** Watches over a promise that mining has to wait for. */
  mustCome: <T>(coming: Promise<T>) => Promise<T>;
}

/** Less than this of a round's budget is not worth a beginning. */
const SHORTEST_MS = 100;

/** An announced round, from the wait for it to the end of its mining. */
interface Run {
  /** Undefined for whatever runs now. */
  round: number | undefined;
  /** Ends the wait for it; its mining ends with the miner's. */
  end: AbortController;
  done: Promise<void>;
}

/** How mining on a seed ended. unknown: the round should be over, but the chain can't be asked. */
type Outcome = 'over' | 'unknown' | { corrected: Buffer };

/**
 * Mines rounds that are announced, each for as long as the chain says that it runs. Only the chain counts: the numbers
 * of rounds may begin anew at any time, and the end of a round is only estimated.
 */
export class RoundRunner {
  private waiting: Run | undefined;
  private mining: Run | undefined;

  constructor(private readonly options: RoundRunnerOptions) {}

  /**
   * Mines a round, as soon as the chain is there. The newest announcement ends the wait of an older one. Resolves when
   * the mining is over or the round is dropped; failures are logged.
   */
  announce(round: number): Promise<void> {
    const known = [this.mining, this.waiting].find((run) => run?.round === round);
    return known?.done ?? this.attend(round);
  }

  /** Goes on with the round that runs, if an earlier process began it. */
  resume(): Promise<void> {
    return (this.waiting ?? this.mining)?.done ?? this.attend(undefined);
  }

  private attend(round: number | undefined): Promise<void> {
    const run: Run = { round, end: new AbortController(), done: Promise.resolve() };
    this.waiting?.end.abort();
    this.waiting = run;
    run.done = this.work(run)
      .catch((error: unknown) => {
        if (run.end.signal.aborted) return;
        this.options.log.error({ error }, `round ${run.round ?? 'that runs'} is not mined`);
      })
      .finally(() => {
        if (this.waiting === run) this.waiting = undefined;
        if (this.mining === run) this.mining = undefined;
      });
    return run.done;
  }

  private async work(run: Run): Promise<void> {
    const { mayMine, mustCome, patiently } = this.options;
    const { signal } = run.end;
    const what = run.round === undefined ? 'what runs now' : `round ${run.round}`;
    const work = await mustCome(patiently(what, () => this.prepare(run), { signal }));
    if (!work || !(await mayMine(work.round)) || signal.aborted) return;
    // Only now, since an announcement that is dropped must end no mining.
    this.waiting = undefined;
    this.mining?.end.abort();
    this.mining = run;
    for (let seed: Buffer | undefined = work.seed; seed && !signal.aborted;) {
      seed = await this.mineOn(work.round, seed, signal);
    }
  }

  /** What to mine; undefined if the round is dropped. @throws while this can't be learned */
  private async prepare(run: Run): Promise<{ round: number; seed: Buffer } | undefined> {
    const { chain, log, seeds } = this.options;
    const round = await this.choose(run, await chain.current(run.round));
    if (round === undefined) return undefined;
    run.round = round;
    await seeds.rewind(round);
    const seed = await seeds.of(round);
    if ((await this.leftMs(round, seed)) >= SHORTEST_MS) return { round, seed };
    log.info(`round ${round} is not mined again: it had its time`);
    return undefined;
  }

  /** The round to mine. @throws NotYetError while the chain has yet to reach it */
  private async choose({ round }: Run, current: number): Promise<number | undefined> {
    const { isBegun, log, miner } = this.options;
    if (round === current + 1) throw new NotYetError(`the chain is still in round ${current}`);
    if (round === undefined && !(await isBegun(current))) return undefined;
    if (round !== undefined && round !== current) {
      log.warn(`round ${round} is not mined: the chain is in round ${current}`);
      // If nothing is mined, the round that runs may have been announced while the chain couldn't be asked.
      if (miner.miningRound !== undefined) return undefined;
    }
    return current;
  }

  /** What is left of a round's budget. A process that is started again has no more than the one before. */
  private async leftMs(round: number, seed: Buffer): Promise<number> {
    const { budgetMs, miner } = this.options;
    return budgetMs() - (await miner.minedMs(round, seed));
  }

  /** Mines a round on a seed to its end. @returns the right seed, if the chain soon shows this one to be wrong */
  private async mineOn(
    round: number,
    seed: Buffer,
    signal: AbortSignal,
  ): Promise<Buffer | undefined> {
    const { chain, clock, log, miner, mustCome, patiently } = this.options;
    const looks = new Looks(clock.now());
    looks.learn(await this.timesOf(round));
    while (!signal.aborted) {
      const begun = await miner.begin(round, seed, await this.leftMs(round, seed));
      if (!begun) return undefined;
      const outcome = await this.follow(round, seed, looks, begun.ended);
      if (outcome === 'over') return undefined;
      if (outcome !== 'unknown') {
        log.warn(`the node showed round ${round - 2} incompletely: mining starts over`);
        return outcome.corrected;
      }
      log.warn(
        `round ${round} should be over, and the node does not tell: mining rests until then`,
      );
      const what = `whether round ${round} still runs`;
      const current = await mustCome(patiently(what, () => chain.current(round), { signal }));
      if (isOver(round, current)) return undefined;
      looks.learn(await this.timesOf(round));
    }
    return undefined;
  }

  /** Looks at a round while it is mined, and ends its mining. */
  private async follow(
    round: number,
    seed: Buffer,
    looks: Looks,
    ended: Promise<void>,
  ): Promise<Outcome> {
    const { clock, log, miner, patiently } = this.options;
    const mined = new AbortController();
    const { signal } = mined;
    const over = ended.finally(() => mined.abort());
    try {
      for (;;) {
        miner.expectEnd(looks.endsAt - clock.now());
        await clock.until(clock.now() + looks.nextInMs(clock.now()), signal);
        try {
          const what = `whether round ${round} still runs`;
          const forMs = Math.max(0, looks.restsAt - clock.now());
          const found = await patiently(what, () => this.look(round, looks), { signal, forMs });
          if (found === 'over') return found;
          if (found && !found.equals(seed)) return { corrected: found };
        } catch (error) {
          if (signal.aborted) return 'over';
          if (clock.now() >= looks.restsAt) return 'unknown';
          log.warn({ error }, `round ${round} can't be looked at now`);
        }
      }
    } catch (error) {
      if (signal.aborted) return 'over';
      throw error;
    } finally {
      if (miner.miningRound === round) await miner.pause();
      await over;
    }
  }

  /** Whether a round is over; if not, the seed that the chain shows now, while that may still be corrected. */
  private async look(round: number, looks: Looks): Promise<'over' | Buffer | undefined> {
    const { chain, clock, seeds } = this.options;
    if (isOver(round, await chain.current(round))) return 'over';
    looks.learn(await this.timesOf(round));
    return clock.now() > looks.correctableUntil ? undefined : seeds.confirm(round);
  }

  /** If the end can't be learned, the start of the next round ends this one. */
  private timesOf(round: number): Promise<RoundTimes | undefined> {
    return this.options.chain.times(round).catch(() => undefined);
  }
}

/** Whether the chain has left a round that ran. A view of the chain may lag by one. */
function isOver(round: number, current: number): boolean {
  return current > round || current < round - 1;
}
