import type { RequestHandler, Response } from 'express';
import { Histogram, Registry, collectDefaultMetrics, Counter, Gauge } from 'prom-client';
import type { Verdict } from '../proof/verify';
import { addBitcoinMetrics, type BitcoinSources } from './bitcoin-metrics';
import {
  addMiningMetrics,
  addProcessMetrics,
  type MiningSources,
  type ProcessSources,
} from './collected';
import { addWorkerMetrics } from './worker-metrics';

const VOTES = ['for', 'against'] as const;
/** Why the public server refused a request. */
const REFUSALS = ['method', 'body', 'path', 'rate', 'malformed', 'slow', 'crowded'] as const;
export type Refusal = (typeof REFUSALS)[number];
const AUDIT_VERDICTS = ['valid', 'invalid', 'abstained'] as const;

export interface MetricsSources extends MiningSources, ProcessSources, BitcoinSources {
  miner: MiningSources['miner'];
}

/** All metrics. Most are read from their sources when Prometheus asks; the rest are counted here. */
export class Metrics {
  private readonly registry = new Registry();
  private readonly submissions: Counter;
  private readonly emptyRounds: Counter;
  private readonly audits: Counter<'verdict'>;
  private readonly auditSeconds: Histogram;
  private readonly rewards: Counter;
  private readonly unrewarded: Gauge;
  private readonly missingProofs: Counter;
  private readonly equalListsVotedAgainst: Counter;
  private readonly listsMade: Counter;
  private readonly listVotes: Counter<'vote'>;
  private readonly refusals: Counter<'reason'>;
  private readonly readWorkers: () => void;
  private lastMissing: number | undefined;
  private works = true;

  /** Middleware that times each request by its route. */
  readonly timeRequests: RequestHandler;

  constructor(sources: MetricsSources) {
    const registers = [this.registry];
    collectDefaultMetrics({ register: this.registry });
    addProcessMetrics(registers, sources);
    addMiningMetrics(registers, sources);
    addBitcoinMetrics(registers, sources);
    this.readWorkers = addWorkerMetrics(registers, sources);
    this.timeRequests = requestTimer(registers);
    this.submissions = new Counter({
      name: 'orca_submissions_total',
      help: 'Proofs handed to the SDK for submission.',
      registers,
    });
    this.emptyRounds = new Counter({
      name: 'orca_rounds_without_submission_total',
      help: 'Rounds that ended with nothing to submit.',
      registers,
    });
    this.audits = new Counter({
      name: 'orca_audits_total',
      help: 'Audits of proofs, by what was found.',
      labelNames: ['verdict'],
      registers,
    });
    for (const verdict of AUDIT_VERDICTS) this.audits.inc({ verdict }, 0);
    this.auditSeconds = new Histogram({
      name: 'orca_audit_duration_seconds',
      help: 'How long an audit took.',
      buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.5, 1, 5, 10],
      registers,
    });
    this.rewards = new Counter({
      name: 'orca_rewards_roe_total',
      help: 'Rewards of this node in the distribution lists it computed, each round once, over restarts too, in ROE.',
      registers,
    });
    this.unrewarded = new Gauge({
      name: 'orca_rounds_without_reward',
      help: 'Rounds in a row, up to the last whose payout has ended, that gave this node nothing for its proof.',
      registers,
    });
    this.missingProofs = new Counter({
      name: 'orca_proofs_missing_total',
      help: 'Rounds whose proof was handed to the SDK and is not on the chain.',
      registers,
    });
    this.equalListsVotedAgainst = new Counter({
      name: 'orca_equal_lists_voted_against_total',
      help: "Distribution lists that equal this node's own and that others voted against or out; each list once.",
      registers,
    });
    this.listsMade = new Counter({
      name: 'orca_lists_made_total',
      help: 'Distribution lists that this node handed in by itself, beside those of the SDK.',
      registers,
    });
    this.listVotes = new Counter({
      name: 'orca_list_votes_total',
      help: 'Votes on distribution lists, by which way; each list once.',
      labelNames: ['vote'],
      registers,
    });
    for (const vote of VOTES) this.listVotes.inc({ vote }, 0);
    this.refusals = new Counter({
      name: 'orca_public_requests_refused_total',
      help: 'Requests and connections that the public server refused, by reason.',
      labelNames: ['reason'],
      registers,
    });
    for (const reason of REFUSALS) this.refusals.inc({ reason }, 0);
  }

  get contentType(): string {
    return this.registry.contentType;
  }

  /** Whether the last render() succeeded. */
  get healthy(): boolean {
    return this.works;
  }

  /** All metrics in Prometheus' text format. */
  async render(): Promise<string> {
    try {
      this.readWorkers();
      const text = await this.registry.metrics();
      this.works = true;
      return text;
    } catch (error) {
      this.works = false;
      throw error;
    }
  }

  /** Counts the end of a round. @param submitted whether there was a proof to submit */
  roundEnded(submitted: boolean): void {
    (submitted ? this.submissions : this.emptyRounds).inc();
  }

  /** Counts and times an audit. One that throws is an abstention. */
  async audited(audit: Promise<Verdict>): Promise<Verdict> {
    const stop = this.auditSeconds.startTimer();
    try {
      const verdict = await audit;
      this.audits.inc({ verdict: verdict.valid ? 'valid' : 'invalid' });
      return verdict;
    } catch (error) {
      this.audits.inc({ verdict: 'abstained' });
      throw error;
    } finally {
      stop();
    }
  }

  /** Counts a reward in a distribution list. @param roe the part of the round's reward not counted yet, from 0 */
  rewarded(roe: number): void {
    this.rewards.inc(roe);
  }

  /**
   * Notes how a round ended whose proof this node handed in.
   * @param roe what it paid, in ROE; 0 where the node got nothing
   */
  paid(roe: bigint): void {
    if (roe > 0n) this.unrewarded.set(0);
    else this.unrewarded.inc();
  }

  /** Counts a proof that was handed in and is not on the chain; once, though the round's list is made again. */
  proofMissing(round: number): void {
    if (round !== this.lastMissing) this.missingProofs.inc();
    this.lastMissing = round;
  }

  /** Counts a list that equals this node's own and that somebody voted against, or that was voted out. */
  equalListVotedAgainst(): void {
    this.equalListsVotedAgainst.inc();
  }

  /** Counts a list of this node that is on the ledger. */
  listMade(): void {
    this.listsMade.inc();
  }

  /** Counts a vote of this node on a distribution list. */
  listVoted(isValid: boolean): void {
    this.listVotes.inc({ vote: isValid ? 'for' : 'against' });
  }

  /** Counts a request or connection that the public server refused. */
  requestRefused(reason: Refusal): void {
    this.refusals.inc({ reason });
  }
}

const METHODS = ['GET', 'HEAD', 'POST'];

/** What a response's locals hold for the timer. */
interface Timed {
  /** The route template. */
  route?: string;
  /** When a wait that the client asked for began and ended, ms. */
  wait?: { fromMs: number; untilMs: number };
}

/**
 * Times requests by route template, so that no client can make up labels. A client that leaves before its answer is
 * counted as 499, as proxies do.
 */
function requestTimer(registers: Registry[]): RequestHandler {
  const histogram = new Histogram({
    name: 'orca_http_request_duration_seconds',
    help: 'How long answers of the HTTP API took, without what a client asked to wait.',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5],
    registers,
  });
  return ({ method }, response, next) => {
    const fromMs = performance.now();
    response.once('close', () => {
      const untilMs = performance.now();
      const { route = 'other', wait } = response.locals as Timed;
      const waitedMs = wait ? Math.min(wait.untilMs, untilMs) - wait.fromMs : 0;
      const labels = {
        method: METHODS.includes(method) ? method : 'other',
        route,
        status: response.writableFinished ? response.statusCode : 499,
      };
      histogram.observe(labels, (untilMs - fromMs - waitedMs) / 1000);
    });
    next();
  };
}

/** Keeps a wait that the client asked for out of the request's measured time. One wait for each request. */
export async function untimed(response: Response, waiting: Promise<void>): Promise<void> {
  const wait = { fromMs: performance.now(), untilMs: Infinity };
  Object.assign(response.locals, { wait } satisfies Timed);
  await waiting.finally(() => (wait.untilMs = performance.now()));
}
