import { z } from 'zod';
import { EXTRANONCE2_SIZE, HEADER_VERSION } from '../../src/consensus';
import { hex32, hexBytes } from '../../src/http/fields';
import type { Template } from '../../src/template/segment';
import type { ShareBody } from './share-body';

const REQUEST_TIMEOUT_MS = 10_000;

const hex = z.string().regex(/^([0-9a-f]{2})*$/);

/** The work of GET /task, as far as this program can do it. */
const workSchema = z.object({
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
  template: Template;
  extranonce1: number;
  target: bigint;
  /** Differs when the work does, whatever its target. */
  key: string;
}

/**
 * Reads what GET /task answers.
 * @throws Error when it is work that this program can't do.
 */
export function workOf(answer: unknown): Work {
  const parsed = taskSchema.safeParse(answer);
  if (!parsed.success) {
    throw new Error(`the node gives work of another kind:\n${z.prettifyError(parsed.error)}`);
  }
  const { round_number, work } = parsed.data;
  const { share_target, ...rest } = work;
  return {
    round: round_number,
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

/** The node does not answer, or can't now: worth another try. */
export class NodeAway extends Error {
  override readonly name = 'NodeAway';
}

/** A node's HTTP API, as a remote worker uses it. */
export class NodeApi {
  constructor(
    private readonly url: string,
    private readonly workerId: string,
  ) {}

  /**
   * The work of the round that runs; undefined between rounds.
   * @throws NodeAway, or Error when the node gives work that this program can't do.
   */
  async work(signal: AbortSignal): Promise<Work | undefined> {
    const response = await this.request(`/task?worker_id=${this.workerId}`, {}, signal);
    if (response.status === 404) return undefined;
    if (!response.ok) throw await away(response);
    return workOf(await json(response));
  }

  /**
   * Submits a share.
   * @returns undefined when it was accepted, else why not
   * @throws NodeAway
   */
  async submit(round: number, share: ShareBody, signal: AbortSignal): Promise<string | undefined> {
    const init = {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(share),
    };
    const response = await this.request(`/submission/${round}`, init, signal);
    if (response.status === 429 || response.status >= 500) throw await away(response);
    const answer = (await json(response)) as { reason?: string; message?: string };
    return response.ok ? undefined : (answer.reason ?? answer.message ?? `${response.status}`);
  }

  private async request(path: string, init: RequestInit, signal: AbortSignal): Promise<Response> {
    try {
      const timeout = AbortSignal.timeout(REQUEST_TIMEOUT_MS);
      return await fetch(this.url + path, { ...init, signal: AbortSignal.any([signal, timeout]) });
    } catch (error) {
      const { cause } = error as { cause?: { code?: string } };
      throw new NodeAway(cause?.code ?? String(error));
    }
  }
}

async function away(response: Response): Promise<NodeAway> {
  const { message } = (await response.json().catch(() => ({}))) as { message?: string };
  return new NodeAway(`it answers ${response.status}${message ? `: ${message}` : ''}`);
}

async function json(response: Response): Promise<unknown> {
  try {
    return await response.json();
  } catch (error) {
    throw new NodeAway(`no JSON: ${String(error)}`);
  }
}
