import { FLOOR } from '../../../src/consensus';
import { hashOf, headerOf, targetOf, type Notified } from '../../../tests/fixtures/stratum-client';
import { must } from '../target';
import { EXTRANONCE1 as FIXED_EXTRANONCE1 } from './stratum-node';

// Checks what was said over a Stratum connection, from its two texts alone: nothing of the server's is used.

/** Any id may come back, and JSON may write a number or a character in six times the characters that came. */
const MAX_ANSWER = 6 * 4_096 + 1_024;
const LONGEST_ERROR = 200;
const EXTRANONCE1 = FIXED_EXTRANONCE1.toString(16);
const VERSION_MASK = 0x1fffe000;
const MAX_TIME_OFFSET = 255;
/** Miners on processors compute their targets this much easier than the difficulty says. */
const LENIENCE = 1.000_03;

interface Asked {
  /** As JSON; undefined where there is none. */
  id: string | undefined;
  method: unknown;
  params: unknown;
}

interface Told {
  id?: unknown;
  method?: string;
  params?: unknown[];
  result?: unknown;
  error?: unknown;
}

/** What of a dialog matters to those who count. */
export interface Heard {
  answers: number;
  /** Shares that were answered with true. */
  accepted: number;
}

/**
 * Checks a dialog.
 * @param received all that a miner sent
 * @param sent all that it was sent
 * @param isClosed whether the connection was ended: then answers may be missing at the end
 * @throws Error when a rule of Stratum is broken, or a share was accepted that is none
 */
export function checkDialog(received: Buffer, sent: string, isClosed: boolean): Heard {
  const all = requestsIn(received);
  const asked = all.filter(({ id }) => id !== undefined);
  const state = new MinerState();
  // It gets no answer, and yet begins the work.
  state.isAuthorized = all.some(
    ({ id, method }) => id === undefined && method === 'mining.authorize',
  );
  let [answers, accepted] = [0, 0];
  must(sent === '' || sent.endsWith('\n'), 'half a line was sent');
  for (const line of sent.split('\n').slice(0, -1)) {
    must(line.length <= MAX_ANSWER, `a line of ${line.length} characters`);
    const told = JSON.parse(line) as Told;
    if (told.method !== undefined) {
      must(state.isAuthorized, `${told.method} before any miner was authorized`);
      state.note(told.method, told.params ?? []);
      continue;
    }
    const request = asked[answers++];
    must(request !== undefined, `nothing was asked for ${line}`);
    must(JSON.stringify(told.id) === request!.id, `${line} answers ${String(request!.id)}`);
    mustBeAnswer(told, line);
    if (told.error === null) state.answered(request!, told.result);
    if (told.result === true && request!.method === 'mining.submit') {
      accepted++;
      state.mustBeShare(request!.params as unknown[]);
    }
  }
  must(isClosed || answers === asked.length, `${asked.length - answers} answers are missing`);
  return { answers, accepted };
}

/** The requests up to the first line that is no Stratum; those without an id want no answer. */
function requestsIn(received: Buffer): Asked[] {
  const asked: Asked[] = [];
  let from = 0;
  for (let at = received.indexOf('\n'); at >= 0; at = received.indexOf('\n', from)) {
    const line = received.toString('utf8', from, at);
    from = at + 1;
    if (line.trim() === '') continue;
    const message = parsed(line);
    if (message === undefined) break;
    const { id, method, params } = message;
    if (method === undefined && ('result' in message || 'error' in message)) continue;
    asked.push({ id: id === undefined ? id : JSON.stringify(id), method, params });
  }
  return asked;
}

/** Undefined where it is no JSON object. */
function parsed(line: string): Record<string, unknown> | undefined {
  try {
    const message: unknown = JSON.parse(line);
    const isObject = typeof message === 'object' && message !== null && !Array.isArray(message);
    return isObject ? (message as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

function mustBeAnswer(told: Told, line: string): void {
  must(Object.keys(told).join() === 'id,result,error', `an answer of other fields: ${line}`);
  if (told.error === null) return;
  must(told.result === null, `a result beside an error: ${line}`);
  const [code, text, detail, ...more] = told.error as unknown[];
  const isForm = typeof text === 'string' && detail === null && more.length === 0;
  must(isForm && Number.isInteger(code), `an error of another form: ${line}`);
  must(Number(code) >= 20 && Number(code) <= 25, `no code of Stratum: ${line}`);
  must(String(text).length <= LONGEST_ERROR, `a long error: ${line}`);
}

/** What a miner knows, which is enough to tell a share. */
class MinerState {
  isAuthorized = false;
  private difficulty = 0;
  private easiest = Infinity;
  private readonly jobs = new Map<string, Notified>();
  private readonly hashes = new Set<bigint>();

  answered({ method }: Asked, result: unknown): void {
    if (method === 'mining.authorize') this.isAuthorized = true;
    if (method !== 'mining.subscribe') return;
    must((result as unknown[])[1] === EXTRANONCE1, `another extranonce1: ${String(result)}`);
  }

  note(method: string, params: unknown[]): void {
    if (method === 'mining.set_difficulty') {
      this.difficulty = Number(params[0]);
      must(this.difficulty > 0 && Number.isFinite(this.difficulty), 'no difficulty');
      return;
    }
    must(method === 'mining.notify' && params.length === 9, `an unknown ${method}`);
    must(this.difficulty > 0, 'a job before any difficulty');
    const [id, prev, coinbase1, coinbase2, , version, bits, time] = params as string[];
    const job = { id: id!, prev: prev!, coinbase1: coinbase1!, coinbase2: coinbase2! };
    const header = { version: version!, bits: bits!, time: time! };
    const isClean = params[8] as boolean;
    const ground = coinbase1! + coinbase2!;
    const others = [...this.jobs.values()].filter((other) => other.id !== id);
    const isQuiet = this.difficulty === 2 ** 31;
    must(
      isQuiet || others.every((other) => other.coinbase1 + other.coinbase2 !== ground),
      `job ${id} is on the ground of another`,
    );
    if (isQuiet) return;
    this.easiest = Math.min(this.easiest, this.difficulty);
    this.jobs.set(id!, { ...job, ...header, isClean, difficulty: this.difficulty });
  }

  /** Hashes an accepted submit. */
  mustBeShare(params: unknown[]): void {
    const [, id, extranonce2, time, nonce, versionBits] = params as (string | undefined | null)[];
    const job = this.jobs.get(String(id));
    must(job !== undefined, `a share of job ${id} was accepted, which there is not`);
    const rolled = {
      extranonce2: String(extranonce2),
      time: String(time),
      nonce: String(nonce),
      versionBits: versionBits ?? '00000000',
    };
    for (const digits of [rolled.extranonce2, rolled.time, rolled.versionBits]) {
      must(/^[0-9a-f]{8}$/i.test(digits), `${digits} was accepted`);
    }
    must(/^[0-9a-f]{1,8}$/i.test(rolled.nonce), `the nonce ${rolled.nonce} was accepted`);
    must((Number.parseInt(rolled.versionBits, 16) & ~VERSION_MASK) === 0, 'bits outside the mask');
    const offset = Number.parseInt(rolled.time, 16) - Number.parseInt(job!.time, 16);
    must(offset >= 0 && offset <= MAX_TIME_OFFSET, `a time ${offset} s after the job's`);
    const hash = hashOf(headerOf(job!, EXTRANONCE1, rolled));
    must(hash <= FLOOR && hash <= targetOf(this.easiest / LENIENCE), 'a hash above the target');
    must(!this.hashes.has(hash), 'the same share a second time');
    this.hashes.add(hash);
  }
}
