import type { Miner } from '../rounds/miner';
import type { Round } from '../rounds/round';
import { highestFor, type Difficulty } from './difficulty';
import { HandedJobs, type HandedJob } from './handed-jobs';
import { difficultyLine, notifyLine } from './messages';

/** Some miners stop after 120 s without a job, and others call the pool dead after 90 s of silence. */
const JOB_MS = 55_000;
/** Another difficulty waits for so long after a job: a miner that keeps changing its wish can't use up the ground. */
const SHORTEST_JOB_MS = 5_000;
/** Between rounds shorter than this, miners go on with what they have. */
const IDLE_MS = 10_000;
/** No miner finds a share of this difficulty, which every miner can read. */
const QUIET_DIFFICULTY = 2 ** 31;

export interface FeedNode {
  miner: Pick<Miner, 'miningRound' | 'lastRound' | 'makeGround'>;
  /** Job ids that no other connection and no other process has. */
  nextJobId: () => string;
  /** Called when a job can't be made for want of ground. */
  onUsedUp: (round: number) => void;
}

/** Sends one connection its jobs. */
export class JobFeed {
  private readonly jobs: HandedJobs;
  private difficulty: Difficulty | undefined;
  private sentDifficulty: number | undefined;
  private sentAtMs = -Infinity;
  private idleSinceMs: number | undefined;
  private isQuiet = false;
  private makingGroundOf: Round | undefined;

  /**
   * @param extranonce1 u8
   * @param send sends a line
   * @param onJob called before a job is sent
   */
  constructor(
    private readonly node: FeedNode,
    private readonly extranonce1: number,
    private readonly send: (line: string) => void,
    private readonly onJob: (job: HandedJob) => void,
    private readonly now: () => number,
  ) {
    this.jobs = new HandedJobs(extranonce1, node.nextJobId);
  }

  /** Sends jobs from now on. */
  start(difficulty: Difficulty): void {
    this.difficulty = difficulty;
    this.renew();
  }

  find(id: string): HandedJob | undefined {
    return this.jobs.find(id);
  }

  /** The highest hash value that a share of a job may have now. */
  targetFor(job: HandedJob): bigint {
    return this.jobs.targetFor(job, this.now());
  }

  /** Once a second: follows the difficulty, and keeps the miner at work or quiet. */
  tick(): void {
    const { difficulty } = this;
    if (!difficulty) return;
    const nowMs = this.now();
    const round = minedRound(this.node.miner);
    if (!round) return this.rest(difficulty, nowMs);
    this.idleSinceMs = undefined;
    difficulty.follow(nowMs);
    const sinceMs = nowMs - this.sentAtMs;
    const isOther = fitting(round, difficulty) !== this.sentDifficulty;
    if (sinceMs >= JOB_MS || (isOther && sinceMs >= SHORTEST_JOB_MS) || this.isBehind(round)) {
      this.renew();
    }
  }

  /** Sends a new job, when a round is mined. */
  renew(): void {
    const round = minedRound(this.node.miner);
    const { difficulty } = this;
    if (!round || !difficulty) return;
    const wanted = fitting(round, difficulty);
    const isClean = this.isBehind(round) || this.isQuiet || wanted > (this.sentDifficulty ?? 0);
    const job = this.jobs.make(round, wanted, this.now());
    if (job) this.tell(job, wanted, isClean);
    else this.withoutGround(round, difficulty);
  }

  /** Whether the newest job is not on what is mined. */
  private isBehind({ templates, current }: Round): boolean {
    return this.jobs.newest?.template !== templates[current!];
  }

  /** More of it has to be leased first; if that is all, the last job stays, since any other would be searched again. */
  private withoutGround(round: Round, difficulty: Difficulty): void {
    if (round.leases.isShortFor(this.extranonce1)) return void this.makeGround(round);
    this.node.onUsedUp(round.number);
    const nowMs = this.now();
    const { newest } = this.jobs;
    if (!newest || !round.templates.includes(newest.template)) return this.quiet(difficulty, nowMs);
    const current = fitting(round, difficulty);
    if (current === this.sentDifficulty && nowMs - this.sentAtMs < JOB_MS) return;
    this.jobs.sentAgain(newest, current, nowMs);
    this.tell(newest, current, false);
  }

  private async makeGround(round: Round): Promise<void> {
    if (this.makingGroundOf === round) return;
    this.makingGroundOf = round;
    await this.node.miner.makeGround(round, this.extranonce1);
    // Another round has begun meanwhile, and has its own.
    if (this.makingGroundOf !== round) return;
    this.makingGroundOf = undefined;
    // If the store takes no writes, the next tick tries again.
    const isMade = !round.leases.isShortFor(this.extranonce1);
    if (isMade && minedRound(this.node.miner) === round) this.renew();
  }

  /** While no round is mined. */
  private rest(difficulty: Difficulty, nowMs: number): void {
    this.idleSinceMs ??= nowMs;
    if (nowMs - this.idleSinceMs >= IDLE_MS) return this.quiet(difficulty, nowMs);
    difficulty.rest(nowMs);
  }

  /**
   * A miner can't be told to stop, and shares of a round that is over are refused, which makes some miners leave: so it
   * gets work on which it finds none.
   */
  private quiet(difficulty: Difficulty, nowMs: number): void {
    difficulty.rest(nowMs);
    if (this.isQuiet && nowMs - this.sentAtMs < JOB_MS) return;
    const { lastRound } = this.node.miner;
    const job = this.jobs.makeQuiet(lastRound, difficulty.current, nowMs);
    if (!job) return;
    this.tell(job, QUIET_DIFFICULTY, true);
    this.isQuiet = true;
  }

  private tell(job: HandedJob, difficulty: number, isClean: boolean): void {
    this.onJob(job);
    const { id: jobId, prefix, template } = job;
    const lines = difficulty === this.sentDifficulty ? '' : difficultyLine(difficulty);
    this.send(lines + notifyLine(template, { jobId, salt: prefix >>> 8, isClean }));
    this.sentDifficulty = difficulty;
    this.sentAtMs = this.now();
    this.isQuiet = false;
  }
}

/** A connection's difficulty, lowered where its shares would not include every block. */
function fitting({ templates, current }: Round, difficulty: Difficulty): number {
  return Math.min(difficulty.current, highestFor(templates[current!]!));
}

/** The round that is mined now; undefined also before its first segment. */
function minedRound({ miningRound, lastRound }: FeedNode['miner']): Round | undefined {
  if (miningRound === undefined || lastRound?.current === undefined) return undefined;
  return lastRound;
}
