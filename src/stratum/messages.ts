import { z } from 'zod';
import { difficultyOf } from '../bitcoin/target';
import { HEADER_VERSION, VERSION_BITS_SHIFT } from '../consensus';
import type { Template } from '../work/segment';

// What goes over the wire (docs/STRATUM.md): what miners send, and what they are sent.

/** The bits of the header version that a miner may roll (BIP 310 and BIP 320): none is set in a job's version. */
export const VERSION_MASK = 0xffff << VERSION_BITS_SHIFT;

/** A request is answered with one of these, and a text. */
export const CODES = {
  other: 20,
  jobNotFound: 21,
  duplicate: 22,
  lowDifficulty: 23,
  unauthorized: 24,
  notSubscribed: 25,
} as const;

/** A request can't be done; the miner is told so. */
export class StratumError extends Error {
  override readonly name = 'StratumError';

  constructor(
    readonly code: (typeof CODES)[keyof typeof CODES],
    message: string,
  ) {
    super(message);
  }
}

/** What a connection says is no Stratum: it is closed. */
export class NoStratumError extends Error {
  override readonly name = 'NoStratumError';
}

/** What a miner sends. */
export interface Request {
  /** As it came: it goes back so. Undefined for a notification, which gets no answer. */
  id: unknown;
  method: string;
  params: readonly unknown[];
}

/**
 * Reads one line.
 * @returns undefined for an answer to something that was sent
 * @throws NoStratumError when it isn't a JSON object
 */
export function readRequest(line: string): Request | undefined {
  const message = parsed(line);
  if (typeof message !== 'object' || message === null || Array.isArray(message)) {
    throw new NoStratumError('expected a JSON object');
  }
  const { id, method, params } = message as Record<string, unknown>;
  if (method === undefined && ('result' in message || 'error' in message)) return undefined;
  return {
    id,
    method: typeof method === 'string' ? method : '',
    params: Array.isArray(params) ? params : [],
  };
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    throw new NoStratumError('expected JSON');
  }
}

/** An answer, with its line end. */
export function answerLine(id: unknown, result: unknown): string {
  return `${JSON.stringify({ id, result, error: null })}\n`;
}

/** An answer that refuses, with its line end. */
export function errorLine(id: unknown, { code, message }: StratumError): string {
  return `${JSON.stringify({ id, result: null, error: [code, message, null] })}\n`;
}

export function difficultyLine(difficulty: number): string {
  return notification('mining.set_difficulty', [difficulty]);
}

/** What a notify says besides its template. */
export interface Notified {
  jobId: string;
  /** The last byte of coinbase1, u8. */
  salt: number;
  /** Whether work on earlier jobs is worth nothing any more, or is to be left. */
  isClean: boolean;
}

export function notifyLine(template: Template, { jobId, salt, isClean }: Notified): string {
  const { prev, coinbase1, coinbase2, bits, time } = hexOf(template);
  const params = [
    jobId,
    prev,
    coinbase1 + hex(salt, 2),
    coinbase2,
    [],
    VERSION,
    bits,
    time,
    isClean,
  ];
  return notification('mining.notify', params);
}

function notification(method: string, params: readonly unknown[]): string {
  return `${JSON.stringify({ id: null, method, params })}\n`;
}

const VERSION = hex(HEADER_VERSION, 8);

interface TemplateInHex {
  prev: string;
  coinbase1: string;
  coinbase2: string;
  bits: string;
  time: string;
}

const inHex = new WeakMap<Template, TemplateInHex>();

function hexOf(template: Template): TemplateInHex {
  const known = inHex.get(template);
  if (known) return known;
  const made = {
    // Each word of four bytes reversed, as Stratum has it.
    prev: Buffer.from(template.prev).swap32().toString('hex'),
    coinbase1: Buffer.from(template.coinbase1).toString('hex'),
    coinbase2: Buffer.from(template.coinbase2).toString('hex'),
    bits: hex(template.bits, 8),
    time: hex(template.time, 8),
  };
  inHex.set(template, made);
  return made;
}

export function hex(value: number, digits: number): string {
  return (value >>> 0).toString(16).padStart(digits, '0');
}

/** Checks parameters. @throws StratumError 20 that names the first wrong one, with what was expected */
export function readParams<T>(schema: z.ZodType<T>, params: unknown): T {
  const result = schema.safeParse(params);
  if (result.success) return result.data;
  throw new StratumError(CODES.other, result.error.issues[0]!.message);
}

const MAX_NAME = 256;
const NAME = `worker: expected a name of at most ${MAX_NAME} characters`;
const name = z.string(NAME).max(MAX_NAME, NAME);
const optionalText = z.string().optional().catch(undefined);

/** [user agent?, session id?]: the session is ignored. */
export const subscribeParams = z.tuple([optionalText]).rest(z.unknown()).catch([undefined]);

/** [name, password?]; a password that is no text is none. */
export const authorizeParams = z
  .tuple([name])
  .rest(z.unknown())
  .transform(([name, password]) => ({
    name,
    password: typeof password === 'string' ? password : '',
  }));

const DIFFICULTY = 'difficulty: expected a number above 0';
/** A difficulty as a number or its text. */
export const difficulty = z
  .union([z.number(), z.string().regex(/\d/).transform(Number)], DIFFICULTY)
  .refine((value) => value > 0 && Number.isFinite(value), DIFFICULTY);

const TARGET = 'target: expected 64 hex digits, not all 0';
/** A target in hex as the difficulty that it stands for. */
export const target = z
  .string(TARGET)
  .regex(/^(?!0+$)[0-9a-fA-F]{64}$/, TARGET)
  .transform((digits) => difficultyOf(BigInt(`0x${digits}`)));

const hexDigits = (what: string, form: RegExp, digits: string) => {
  const expected = `${what}: expected ${digits} hex digits`;
  return z
    .string(expected)
    .regex(form, expected)
    .transform((text) => Number.parseInt(text, 16));
};
const EIGHT = /^[0-9a-fA-F]{8}$/;

/** [name, job id, extranonce2, time, nonce, version bits?]; further ones are ignored. */
export const submitParams = z
  .tuple([
    name,
    z.string('job: expected its id'),
    hexDigits('extranonce2', EIGHT, '8'),
    hexDigits('time', EIGHT, '8'),
    // Some drop leading zeros.
    hexDigits('nonce', /^[0-9a-fA-F]{1,8}$/, '1 to 8'),
    hexDigits('version bits', EIGHT, '8').nullish(),
  ])
  .rest(z.unknown())
  .transform(([name, jobId, extranonce2, time, nonce, versionBits]) => {
    return { name, jobId, extranonce2, time, nonce, versionBits: versionBits ?? 0 };
  });
export type Submit = z.infer<typeof submitParams>;
