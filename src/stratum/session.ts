import { EXTRANONCE2_SIZE } from '../consensus';
import type { RejectedAs, RemoteWorker } from '../workers/worker';
import type { Workers } from '../workers/workers';
import { Difficulty, nominalTargetOf } from './difficulty';
import type { HandedJob } from './handed-jobs';
import { JobFeed, type FeedNode } from './job-feed';
import * as messages from './messages';
import { CODES, readParams, StratumError, type Request } from './messages';
import { Flood, InvalidRun } from './offences';
import { Outbox } from './outbox';
import { judge, type JudgingNode } from './submit';
import { configured, readPassword } from './wishes';
import { printable, WorkerNames } from './worker-names';

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
/** A miner whose answers wait for the store isn't read any further. */
const MAX_WAITING = 1_000;

const UNSTORED = new StratumError(CODES.other, 'This node could not store the share');

/** As what a share counts that is refused with a code. */
const REJECTED_AS: Partial<Record<number, RejectedAs>> = {
  [CODES.other]: 'invalid',
  [CODES.jobNotFound]: 'stale',
  [CODES.duplicate]: 'duplicate',
  [CODES.lowDifficulty]: 'low_difficulty',
};

/** One connection, from mining.subscribe to its end. */
export class Session {
  private readonly outbox: Outbox;
  private readonly feed: JobFeed;
  private readonly names: WorkerNames;
  private readonly flood = new Flood();
  private readonly invalidRun = new InvalidRun();
  private readonly startedAtMs: number;
  private heardAtMs: number;
  private agent = '';
  private isSubscribed = false;
  private versionMask = 0;
  private suggested: number | undefined;
  private fixed: number | undefined;
  /** Undefined until there is a worker that may be sent work. */
  private difficulty: Difficulty | undefined;

  /** @param extranonce1 u8, fixed for the connection */
  constructor(
    private readonly node: StratumNode,
    private readonly extranonce1: number,
    private readonly peer: Peer,
  ) {
    this.outbox = new Outbox(peer.write);
    this.names = new WorkerNames(node.password);
    const onJob = (job: HandedJob): void => this.noteWork(job);
    const send = (line: string): void => this.outbox.send(line);
    this.feed = new JobFeed(node, extranonce1, send, onJob, node.now);
    this.startedAtMs = this.heardAtMs = node.now();
  }

  /** Whether so many answers wait that no more should be read. */
  get isFull(): boolean {
    return this.outbox.waiting > MAX_WAITING;
  }

  /** Reads a line and answers it. @throws NoStratumError when the connection is to be closed for it */
  receive(line: string): void {
    const request = messages.readRequest(line);
    this.heardAtMs = this.node.now();
    if (!request) return;
    const { id } = request;
    // An answer to a submit may have to wait for the store.
    const answer = id === undefined ? () => undefined : this.outbox.reserve();
    try {
      const result = this.handle(request);
      if (result instanceof Promise) {
        result.then(
          () => answer(messages.answerLine(id, true)),
          () => answer(messages.errorLine(id, UNSTORED)),
        );
      } else answer(messages.answerLine(id, result));
    } catch (error) {
      if (!(error instanceof StratumError)) throw error;
      answer(messages.errorLine(id, error));
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
    const submits = this.flood.tick();
    if (submits > 0) this.difficulty?.flooded(submits, nowMs);
    this.feed.tick();
  }

  /** Does what a request asks. @returns the answer; a promise for a share that is being stored */
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
    this.register(this.names.authorize(name, items));
    this.fixed ??= difficulty;
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
    this.flood.note();
    if (!this.isSubscribed) throw new StratumError(CODES.notSubscribed, 'Not subscribed');
    try {
      return this.judge(params);
    } catch (error) {
      if (error instanceof StratumError) this.noteRefused(params[0], error);
      throw error;
    }
  }

  private judge(params: readonly unknown[]): true | Promise<void> {
    const submit = readParams(messages.submitParams, params);
    const workerId = this.names.idOf(submit.name);
    if (workerId === undefined) {
      throw new StratumError(CODES.unauthorized, 'Unauthorized worker');
    }
    const { node, feed, versionMask } = this;
    const { difficulty, stored } = judge(node, { submit, workerId, versionMask }, feed);
    this.invalidRun.over();
    this.difficulty?.found(difficulty, node.now());
    return stored ?? true;
  }

  /** Repeated and late shares are no offence: some miners repeat nonces, and all are late at times. */
  private noteRefused(name: unknown, { code }: StratumError): void {
    const { workers, now } = this.node;
    const id = this.names.idOf(name);
    const as = REJECTED_AS[code];
    if (id !== undefined && as) workers.find(id)?.reject(as);
    if (code === CODES.duplicate || code === CODES.jobNotFound) return;
    if (this.invalidRun.note(now())) this.renew();
  }

  /** Once the miner can be sent work. */
  private beginWork(): void {
    const { names, agent, suggested, fixed, node } = this;
    const [id] = names.ids;
    if (this.difficulty || !this.isSubscribed || id === undefined) return;
    const hashrateHps = node.workers.find(id)?.hashrateHps || undefined;
    this.difficulty = new Difficulty({ agent, suggested, fixed, hashrateHps }, node.now());
    this.feed.start(this.difficulty);
  }

  private noteWork({ round, difficulty }: HandedJob): void {
    const target = nominalTargetOf(difficulty);
    for (const id of this.names.ids) this.register(id).works(round, target);
  }

  private register(id: string): RemoteWorker {
    const worker = this.node.workers.register(id);
    worker.agent = this.agent;
    return worker;
  }
}
