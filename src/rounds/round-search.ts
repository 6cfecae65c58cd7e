import { once } from 'node:events';
import { FLOOR, type CoinbaseRules } from '../consensus';
import type { Engine } from '../mining/engine';
import type { Log } from '../process/log';
import type { Attempt } from '../work/attempt';
import type { Identity } from '../work/identity';
import type { WorkSources } from '../work/source';
import type { Job } from '../workers/jobs';
import { isAnotherTarget, shareTargetFor } from '../workers/targets';
import type { Round } from './round';
import type { RoundKeeper } from './round-keeper';
import { toPacked } from './round-record';
import { LOCAL_WORKER } from './share-batches';
import type { ShareIntake } from './share-intake';

/** How often the target follows the engine's rate, and the time that was mined is counted. */
const RETARGET_MS = 1000;
/** Running threads report their hashes several times a second. */
const STALLED_MS = 30_000;

export interface RoundSearchOptions {
  identity: Identity;
  engine: Engine;
  sources: WorkSources;
  intake: ShareIntake;
  keeper: RoundKeeper;
  /** What coinbases pay; the built rules where it is missing. */
  rules?: CoinbaseRules | undefined;
  log: Log;
}

/** Has this node's own threads search one round at a time, on the segments that its work source gives. */
export class RoundSearch {
  private target = FLOOR;
  /** The engine's rate while it hashes, as last known, across rounds; undefined before it was first known. */
  private workHps: number | undefined;
  private allHashes = 0;
  private hashedAtMs = 0;

  /** @param onSegment called when a round goes on with another segment */
  constructor(
    private readonly options: RoundSearchOptions,
    private readonly onSegment: () => void,
  ) {}

  /** The highest hash value asked of the threads now. */
  get shareTarget(): bigint {
    return this.target;
  }

  /** Hashes done since this process started. */
  get hashesDone(): number {
    return this.allHashes;
  }

  /** Whether no hash was reported for half a minute in which the threads should hash. */
  get isStalled(): boolean {
    return performance.now() - this.hashedAtMs > STALLED_MS;
  }

  /** Searches a round until aborted. Resolves when the threads have stopped, and all they found is taken in. */
  async run(round: Round, signal: AbortSignal): Promise<void> {
    const { engine, log } = this.options;
    this.hashedAtMs = performance.now();
    let countedAtMs = performance.now();
    const countTime = (): void => {
      const ms = Math.floor(performance.now() - countedAtMs);
      countedAtMs += ms;
      round.addMinedMs(ms);
    };
    const ticker = setInterval(() => {
      if (engine.resting) this.hashedAtMs = performance.now();
      countTime();
      this.retarget(round);
    }, RETARGET_MS);
    const aborted = once(signal, 'abort').then(() => {
      clearInterval(ticker);
      countTime();
    });
    await this.follow(round, signal).catch((error: unknown) =>
      log.error({ error }, `round ${round.number} gets no more work`),
    );
    await aborted;
    await engine.stop();
  }

  /** Sets the target anew where it is off by more than the threads need be told of. */
  retarget(round: Round): void {
    const target = this.wantedTarget(round);
    if (!isAnotherTarget(target, this.target)) return;
    this.target = target;
    this.options.engine.setTarget(target);
  }

  /** Searches the segments of a round as they come. */
  private async follow(round: Round, signal: AbortSignal): Promise<void> {
    const { engine, identity, keeper, log, sources } = this.options;
    const { taskId } = identity;
    const of = { taskId, round: round.number, seed: round.seed };
    const source = sources.of(round.origin);
    let isFirst = true;
    for await (const segment of source.segments(of, round.segments, signal)) {
      const index = round.addSegment(segment);
      // Each search gets ground of its own, also on a segment that comes back.
      const prefix = round.leases.take();
      round.leases.openShared();
      const saving = keeper.save(round);
      // Ground is stored before its first hash, so that no later process searches it again. Since some is stored ahead, a
      // new tip waits for no write: its segment is stored before a share on it is acknowledged.
      if (prefix !== undefined && !round.leases.isStored(prefix)) await saving;
      if (signal.aborted) return;
      round.workOn(index);
      this.target = this.wantedTarget(round);
      this.onSegment();
      if (prefix === undefined) {
        log.error(`round ${round.number} has no ground left: its threads rest`);
        await engine.stop();
        continue;
      }
      if (isFirst) this.tellOfStart(round);
      else log.info(`round ${round.number} goes on with the block at height ${segment.height}`);
      isFirst = false;
      this.search(round, index, prefix);
    }
  }

  private tellOfStart({ number }: Round): void {
    const { engine, log } = this.options;
    if (!engine.resting) log.info(`mining round ${number}`);
    else log.info(`round ${number} runs, at rest: it is mined as soon as that is allowed`);
  }

  private search(round: Round, segment: number, prefix: number): void {
    const template = round.templates[segment]!;
    // The threads may have found it under an earlier target: whatever meets the floor is a share.
    const job: Job = { round: round.number, segment, template, prefix, target: FLOOR };
    this.options.engine.search({
      template,
      prefix,
      extranonce2: 0,
      target: this.target,
      onFound: (attempts) => attempts.forEach((attempt) => this.found(job, attempt)),
      onHashes: (count) => this.countHashes(round, count),
    });
  }

  private found(job: Job, attempt: Attempt): void {
    const submissionId = `${LOCAL_WORKER}-${toPacked(attempt)}`;
    const { outcome } = this.options.intake.take({
      job,
      attempt,
      workerId: LOCAL_WORKER,
      submissionId,
      // The miner saves them within a second.
      storeFirst: 'none',
    });
    if (outcome !== 'rejected') return;
    this.options.log.error('a kernel reported a hash above the floor');
  }

  private countHashes(round: Round, count: number): void {
    this.hashedAtMs = performance.now();
    round.addHashes(count);
    this.allHashes += count;
  }

  /** By the engine's rate, or while it rests by the last one known; before that, all that has to be shown. */
  private wantedTarget({ neededTarget }: Round): bigint {
    this.workHps = this.options.engine.workHps ?? this.workHps;
    return this.workHps === undefined ? neededTarget : shareTargetFor(this.workHps, neededTarget);
  }
}
