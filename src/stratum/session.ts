import { timingSafeEqual } from 'node:crypto';
import { sha256 } from '../bitcoin/sha256';
import { EXTRANONCE2_SIZE } from '../consensus';
import { LOCAL_WORKER } from '../rounds/share-batches';
import type { Workers } from '../workers/workers';
import { Difficulty } from './difficulty';
import type { HandedJob } from './handed-jobs';
import { JobFeed, type FeedNode } from './job-feed';
import * as messages from './messages';
import { CODES, readParams, StratumError, type Request } from './messages';
import { Outbox } from './outbox';
import { judge, type JudgingNode, type Reject } from './submit';
import { configured, readPassword } from './wishes';

/** What the connections of a node share. */
export interface StratumNode extends FeedNode, JudgingNode {
  workers: Workers;
  /** One item of each password must be it; empty if there is none. */
  password: string;
  now: () => number;
}

/** The other end of a session. */
export interface Peer {
  write: (text: string) => void;
  /** Ends it. @param why for the log */
  end: (why: string) => void;
}

const SUBSCRIBE_MS = 15_000;
const SILENCE_MS = 600_000;
/** Names of a proxy's miners. */
const MAX_NAMES = 32;
/** So much of a name, and of what a miner calls itself, is shown. */
const SHOWN_CHARACTERS = 64;
/** From so many submits a second on, the difficulty rises; from the higher number on, the connection is closed. */
const FLOOD = { risesAt: 200, endsAt: 2_000 };
/** After so long without an accepted share but with invalid ones a miner gets a new job; later it is closed. */
const INVALID = { shares: 5, renewedMs: 60_000, endsMs: 180_000 };
/** A miner whose answers wait for the store isn't read any further. */
const MAX_WAITING = 1_000;

/** One connection, from mining.subscribe to its end. */
export class Session {
  private readonly outbox: Outbox;
  private readonly feed: JobFeed;
  private readonly startedAtMs: number;
  private heardAtMs: number;
  private agent = '';
  private isSubscribed = false;
  /** Ids of workers by the names as the miner writes them. */
  private readonly names = new Map<string, string>();
  private versionMask = 0;
  private suggested: number | undefined;
  private difficulty: Difficulty | undefined;
  private submitsThisSecond = 0;
  private invalid = { shares: 0, sinceMs: 0, isRenewed: false };

  /** @param extranonce1 u8, fixed for the connection */
  constructor(
    private readonly node: StratumNode,
    private readonly extranonce1: number,
    private readonly peer: Peer,
  ) {
    this.outbox = new Outbox(peer.write);
    const onJob = (job: HandedJob): void => this.noteWork(job);
    const send = (line: string): void => this.outbox.send(line);
    this.feed = new JobFeed(node, extranonce1, send, onJob, node.now);
    this.startedAtMs = this.heardAtMs = node.now();
  }

  /** Whether so many answers wait that no more should be read. */
  get isFull(): boolean {
    return this.outbox.waiting > MAX_WAITING;
  }

  /** Whether it has a worker. */
  get isMining(): boolean {
    return this.difficulty !== undefined;
  }

  /** Reads a line and answers it. @throws NoStratumError when it isn't Stratum */
  receive(line: string): void {
    const request = messages.readRequest(line);
    this.heardAtMs = this.node.now();
    if (!request) return;
    const { id } = request;
    // An answer to a submit may have to wait for the store.
    const answer = id === undefined ? () => undefined : this.outbox.reserve();
    const refuse = (error: unknown): void => answer(messages.errorLine(id, asStratumError(error)));
    try {
      const result = this.handle(request);
      if (result instanceof Promise) {
        result.then(() => answer(messages.answerLine(id, true)), refuse);
      } else answer(messages.answerLine(id, result));
    } catch (error) {
      refuse(error);
    }
    // Only behind the answer: some miners take the next line for it.
    this.beginWork();
  }

  /** Sends new work, when there is some. */
  renew(): void {
    this.feed.renew();
  }

  /** Once a second. */
  tick(): void {
    const nowMs = this.node.now();
    if (!this.isSubscribed && nowMs - this.startedAtMs > SUBSCRIBE_MS) {
      return this.peer.end('it did not subscribe');
    }
    if (nowMs - this.heardAtMs > SILENCE_MS) return this.peer.end('it was silent');
    if (this.submitsThisSecond > FLOOD.risesAt) {
      this.difficulty?.flooded(this.submitsThisSecond, nowMs);
    }
    this.submitsThisSecond = 0;
    this.feed.tick();
  }

  /** Does what a request asks. @returns the answer; a promise of true for a share that is being stored */
  private handle({ method, params }: Request): unknown {
    switch (method) {
      case 'mining.submit':
        return this.submit(params);
      case 'mining.subscribe':
        return this.subscribe(params);
      case 'mining.authorize':
        return this.authorize(params);
      case 'mining.configure':
        return this.configure(params);
      case 'mining.suggest_difficulty':
        return this.suggest(readParams(messages.difficulty, params[0]));
      case 'mining.suggest_target':
        return this.suggest(readParams(messages.target, params[0]));
      case 'mining.extranonce.subscribe':
        return true;
      case 'mining.get_transactions':
        return [];
      case 'mining.ping':
        return 'pong';
      default:
        throw new StratumError(CODES.other, 'Not supported');
    }
  }

  private subscribe(params: readonly unknown[]): unknown {
    const [agent = ''] = readParams(messages.subscribeParams, params);
    if (!this.isSubscribed) this.agent = printable(agent);
    this.isSubscribed = true;
    const extranonce1 = messages.hex(this.extranonce1, 2);
    const notifications = ['mining.set_difficulty', 'mining.notify'].map((of) => [of, extranonce1]);
    return [notifications, extranonce1, EXTRANONCE2_SIZE];
  }

  private authorize(params: readonly unknown[]): true {
    const { name, password } = readParams(messages.authorizeParams, params);
    const { items, difficulty } = readPassword(password);
    const { workers, now, password: wanted } = this.node;
    if (wanted !== '' && !items.some((item) => isSame(item, wanted))) {
      throw new StratumError(CODES.unauthorized, 'Unauthorized worker: wrong password');
    }
    if (!this.names.has(name) && this.names.size >= MAX_NAMES) {
      const message = `Unauthorized worker: at most ${MAX_NAMES} names a connection`;
      throw new StratumError(CODES.unauthorized, message);
    }
    const id = workerIdOf(name);
    this.names.set(name, id);
    workers.register(id).agent = this.agent;
    this.difficulty ??= new Difficulty(
      {
        agent: this.agent,
        suggested: this.suggested,
        fixed: difficulty,
        hashrateHps: workers.find(id)?.hashrateHps || undefined,
      },
      now(),
    );
    return true;
  }

  private configure(params: readonly unknown[]): unknown {
    const { answer, versionMask, leastDifficulty } = configured(params);
    if (versionMask !== undefined) this.versionMask = versionMask;
    if (leastDifficulty !== undefined) this.suggest(leastDifficulty);
    return answer;
  }

  private suggest(difficulty: number): true {
    this.suggested = difficulty;
    this.difficulty?.suggest(difficulty, this.node.now());
    return true;
  }

  private submit(params: readonly unknown[]): true | Promise<void> {
    if (++this.submitsThisSecond > FLOOD.endsAt) this.peer.end('it floods this node');
    if (!this.isSubscribed) throw new StratumError(CODES.notSubscribed, 'Not subscribed');
    const submit = readParams(messages.submitParams, params);
    const workerId = this.names.get(submit.name);
    if (workerId === undefined) {
      this.noteInvalid();
      throw new StratumError(CODES.unauthorized, 'Unauthorized worker');
    }
    const { node, feed, versionMask } = this;
    const verdict = judge(node, { submit, workerId, versionMask }, feed);
    if ('reject' in verdict) throw this.rejected(workerId, verdict.reject);
    this.invalid.shares = 0;
    this.difficulty?.found(verdict.difficulty, node.now());
    return verdict.stored ?? true;
  }

  private rejected(workerId: string, { as, code, message }: Reject): StratumError {
    this.node.workers.find(workerId)?.reject(as);
    if (code !== CODES.duplicate && code !== CODES.jobNotFound) this.noteInvalid();
    return new StratumError(code, message);
  }

  private noteInvalid(): void {
    const { invalid, node } = this;
    const nowMs = node.now();
    if (invalid.shares++ === 0) [invalid.sinceMs, invalid.isRenewed] = [nowMs, false];
    const lastsMs = nowMs - invalid.sinceMs;
    if (invalid.shares < INVALID.shares) return;
    if (lastsMs > INVALID.endsMs) this.peer.end('its shares are invalid');
    else if (lastsMs > INVALID.renewedMs && !invalid.isRenewed) {
      invalid.isRenewed = true;
      this.renew();
    }
  }

  private beginWork(): void {
    if (!this.isSubscribed || !this.difficulty || this.hasBegun) return;
    this.hasBegun = true;
    this.feed.start(this.difficulty);
  }
  private hasBegun = false;

  private noteWork({ round, target }: HandedJob): void {
    for (const id of this.names.values()) this.node.workers.register(id).works(round, target);
  }
}

function asStratumError(error: unknown): StratumError {
  if (error instanceof StratumError) return error;
  return new StratumError(CODES.other, 'This node could not store the share');
}

/** In a time that tells nothing about where they differ. */
function isSame(a: string, b: string): boolean {
  return timingSafeEqual(sha256(Buffer.from(a)), sha256(Buffer.from(b)));
}

/** The name as it is shown and logged: at most 64 characters, none of which does anything. */
function printable(text: string): string {
  return text
    .replace(/[^\x20-\x7e]/g, '?')
    .trim()
    .slice(0, SHOWN_CHARACTERS);
}

/** Never that of this node's own threads, and never empty. */
function workerIdOf(name: string): string {
  const id = printable(name) || 'unnamed';
  return id === LOCAL_WORKER ? `${LOCAL_WORKER}-miner` : id;
}
