import { z } from 'zod';
import { EXTRANONCE2_SIZE, HEADER_VERSION } from '../../src/consensus';
import { hex32, hexBytes, jobId } from '../../src/http/requests';
import type { Template } from '../../src/work/segment';
import { errorAnswer, faultOf, faultOfAnswer, WrongServer } from './server-faults';
import type { ShareBody } from './share-body';

const REQUEST_TIMEOUT_MS = 10_000;
/** How long a node holds a request for the next job (docs/API.md). */
const WAIT_MS = 25_000;

const hex = z.string().regex(/^([0-9a-f]{2})*$/);

/** The work in an answer of GET /task, as far as this program can do it. */
const workSchema = z.object({
  job_id: jobId,
  version: hex32.pipe(z.literal(HEADER_VERSION)),
  prev: hexBytes(32),
  coinbase1: hex,
  coinbase2: hex,
  extranonce1: hexBytes(2),
  extranonce2_size: z.literal(EXTRANONCE2_SIZE),
  merkle_branch: z.array(z.string()).length(0),
  time: hex32,
  bits: hex32,
  height: z.number().int().nonnegative(),
  share_target: hexBytes(32),
});
const taskSchema = z.object({ round_number: z.number().int(), work: workSchema });

export interface Work {
  round: number;
  /** Changes with the target. */
  jobId: string;
  template: Template;
  extranonce1: number;
  target: bigint;
  /** Changes with the work, not with the target. */
  key: string;
}

/**
 * Reads what GET /task answers.
 * @throws Error for work that this program can't do
 */
export function workOf(answer: unknown): Work {
  const parsed = taskSchema.safeParse(answer);
  if (!parsed.success) {
    const [first] = parsed.error.issues;
    throw new Error(
      `what is answered is no work of this kind: ${first!.path.join('.')}: ${first!.message}`,
    );
  }
  const { round_number, work } = parsed.data;
  const { job_id, share_target, ...rest } = work;
  return {
    round: round_number,
    jobId: job_id,
    template: {
      height: work.height,
      prev: Buffer.from(work.prev, 'hex'),
      time: work.time,
      bits: work.bits,
      coinbase1: Buffer.from(work.coinbase1, 'hex'),
      coinbase2: Buffer.from(work.coinbase2, 'hex'),
    },
    extranonce1: Number.parseInt(work.extranonce1, 16),
    target: BigInt(`0x${share_target}`),
    key: JSON.stringify(rest),
  };
}

/** The answer of GET /healthz, which only a node gives. */
const healthSchema = z.object({ status: z.string(), components: z.object({ miner: z.boolean() }) });
/** As POST /submission answers. */
const acceptedSchema = z.object({ accepted: z.literal(true) });
const refusedSchema = z.object({ reason: z.string() });
/** Statuses that are about the share or its round. */
const SHARE_REFUSED = [400, 404, 409, 413, 422];

interface Answer {
  response: Response;
  /** Undefined if it is not JSON. */
  body: unknown;
}

/** A node's HTTP API, as a remote worker uses it. */
export class NodeApi {
  private isKnown = false;

  /** @param url of the API, without a slash at its end and without secrets: errors name it */
  constructor(
    private readonly url: string,
    private readonly workerId: string,
  ) {}

  /**
   * The work of the current round; undefined between rounds.
   * @param after a job: the answer comes when there is another one, or after 25 s
   * @throws NodeAway, or WrongServer if there is no node, or one whose work this program can't do
   */
  async work(signal: AbortSignal, after?: string): Promise<Work | undefined> {
    const path = `/task?worker_id=${this.workerId}${after === undefined ? '' : `&after=${after}`}`;
    const timeoutMs = REQUEST_TIMEOUT_MS + (after === undefined ? 0 : WAIT_MS);
    const { response, body } = await this.request(path, {}, signal, timeoutMs);
    if (response.status === 404 && errorAnswer(body)?.error === 'not_found') {
      await this.expectNode(signal);
      return undefined;
    }
    if (!response.ok || body === undefined) throw faultOfAnswer(this.url, response, body);
    try {
      const work = workOf(body);
      this.isKnown = true;
      return work;
    } catch (error) {
      throw new WrongServer(`${this.url}: ${(error as Error).message}`);
    }
  }

  /**
   * Submits a share.
   * @returns undefined if it was accepted, else why not
   * @throws NodeAway, WrongServer
   */
  async submit(round: number, share: ShareBody, signal: AbortSignal): Promise<string | undefined> {
    const init = {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(share),
    };
    const { response, body } = await this.request(`/submission/${round}`, init, signal);
    if (response.ok && acceptedSchema.safeParse(body).success) return undefined;
    const refused = refusedSchema.safeParse(body).data?.reason ?? errorAnswer(body)?.message;
    if (SHARE_REFUSED.includes(response.status) && refused !== undefined) return refused;
    throw faultOfAnswer(this.url, response, body);
  }

  /** A node answers 404 between rounds; any other server answers it always. */
  private async expectNode(signal: AbortSignal): Promise<void> {
    if (this.isKnown) return;
    const { response, body } = await this.request('/healthz', {}, signal);
    if (!healthSchema.safeParse(body).success) throw faultOfAnswer(this.url, response, body);
    this.isKnown = true;
  }

  private async request(
    path: string,
    init: RequestInit,
    signal: AbortSignal,
    timeoutMs = REQUEST_TIMEOUT_MS,
  ): Promise<Answer> {
    const timeout = AbortSignal.timeout(timeoutMs);
    const options = {
      ...init,
      redirect: 'manual',
      signal: AbortSignal.any([signal, timeout]),
    } as const;
    try {
      const response = await fetch(this.url + path, options);
      return { response, body: parsed(await response.text()) };
    } catch (error) {
      throw faultOf(this.url, error);
    }
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
