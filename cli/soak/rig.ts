import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Kernel } from '../../src/mining/kernels/kernel';
import { Search } from '../../src/mining/search';
import { packAttempt, type Attempt } from '../../src/work/attempt';
import { workOf, type Work } from '../worker/node-api';
import { shareBody, type ShareBody } from '../worker/share-body';
import { ask, type Answer } from './ask';

/** About 1 MH/s: four shares a second at the floor. */
const STEP_HASHES = 2 ** 18;
const STEP_MS = 250;
const ASK_EVERY_MS = 2000;
const TRIES = 3;

/** A share that a node acknowledged. */
export interface Acknowledged {
  readonly round: number;
  /** As POST /submission took it. */
  readonly body: ShareBody;
  /** Its attempt's canonical bytes, hex. */
  readonly attempt: string;
  /** The answer of GET /task with the work it was found on. */
  readonly task: string;
}

export type RigEvent =
  | ({ type: 'acknowledged' } & Acknowledged)
  /** Whether its round was over when it was sent. */
  | { type: 'late' }
  | { type: 'refused'; how: string }
  /** Acknowledged once, but no longer known. */
  | { type: 'forgotten'; how: string }
  /** Accepted again, from somebody who saw it. */
  | { type: 'stolen'; how: string };

export interface RigOptions {
  /** Its worker_id. */
  readonly name: string;
  readonly address: string;
  readonly port: number;
  readonly kernel: Kernel;
  readonly tell: (event: RigEvent) => void;
}

/**
 * A simple device: it numbers its shares 1, 2, 3 in every round, as others do. When the round is over, it sends the
 * acknowledged ones again, and so does somebody who saw them.
 */
export class Rig {
  private work: (Work & { task: string }) | undefined;
  private search: Search | undefined;
  private askedAtMs = -Infinity;
  private count = 0;
  private acknowledged: Acknowledged[] = [];

  constructor(private readonly options: RigOptions) {}

  /** Mines until the signal. @param round gives the current round */
  async run(round: () => number, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const startedAtMs = performance.now();
      await this.askForWork(round());
      for (const attempt of this.search?.step(STEP_HASHES).found ?? []) await this.submit(attempt);
      const leftMs = startedAtMs + STEP_MS - performance.now();
      await sleep(Math.max(0, leftMs), undefined, { signal }).catch(() => undefined);
    }
  }

  private async askForWork(round: number): Promise<void> {
    const isAnother = round !== this.work?.round;
    if (!isAnother && performance.now() - this.askedAtMs < ASK_EVERY_MS) return;
    this.askedAtMs = performance.now();
    const answer = await this.ask(`/task?worker_id=${this.options.name}`);
    if (answer?.status !== 200) {
      // Between rounds there is no work.
      if (answer?.status !== 404)
        this.options.tell({ type: 'refused', how: `work, ${how(answer)}` });
      this.search = undefined;
      return;
    }
    await this.take({ ...workOf(JSON.parse(answer.body)), task: answer.body });
  }

  private async take(work: Work & { task: string }): Promise<void> {
    const { work: last } = this;
    this.work = work;
    if (last && last.round !== work.round) await this.repeat();
    if (this.search && last?.key === work.key) return this.search.setTarget(work.target);
    const { template, extranonce1: prefix, target } = work;
    const extranonce2 = randomBytes(4).readUInt32BE();
    this.search = new Search(this.options.kernel, { template, prefix, extranonce2 }, target);
  }

  private async submit(attempt: Attempt): Promise<void> {
    const { round, template, task } = this.work!;
    const { name, tell } = this.options;
    const ids = { worker_id: name, submission_id: String(++this.count) };
    const body = shareBody(template, attempt, ids);
    const answer = await this.post(round, body);
    // 200: the answer to an earlier try was lost.
    if (answer?.status !== 201 && answer?.status !== 200) {
      const isLate = answer?.status === 409 && answer.body.includes('round_over');
      return tell(isLate ? { type: 'late' } : { type: 'refused', how: how(answer) });
    }
    const share = { round, body, task, attempt: packAttempt(attempt).toString('hex') };
    this.acknowledged.push(share);
    tell({ type: 'acknowledged', ...share });
    await this.steal(share);
  }

  /** Sends a share as an eavesdropper would: as its own, or under another id. */
  private async steal({ round, body }: Acknowledged): Promise<void> {
    for (const ids of [{ worker_id: 'thief' }, { submission_id: `${body.submission_id}-again` }]) {
      const answer = await this.post(round, { ...body, ...ids });
      if (answer?.status === 409) continue;
      this.options.tell({ type: 'stolen', how: how(answer) });
    }
  }

  /** Sends the acknowledged shares of the last round again. */
  private async repeat(): Promise<void> {
    const shares = this.acknowledged;
    this.acknowledged = [];
    this.count = 0;
    for (const { round, body } of shares) {
      const answer = await this.post(round, body);
      if (answer?.status !== 200) this.options.tell({ type: 'forgotten', how: how(answer) });
    }
  }

  private post(round: number, share: ShareBody): Promise<Answer | undefined> {
    return this.ask(`/submission/${round}`, share);
  }

  /** @returns undefined if no try got an answer */
  private async ask(path: string, json?: ShareBody): Promise<Answer | undefined> {
    const { port, address } = this.options;
    for (let tries = 0; tries < TRIES; tries++) {
      const answer = await ask({ port, path, from: address, json }).catch(() => undefined);
      if (answer) return answer;
    }
    return undefined;
  }
}

function how(answer: Answer | undefined): string {
  if (!answer) return 'no answer';
  const reason = /"reason":"(\w+)"/.exec(answer.body)?.[1];
  return reason === undefined ? `status ${answer.status}` : `${answer.status} ${reason}`;
}
