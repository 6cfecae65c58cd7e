import { z } from 'zod';
import {
  expectedAddress,
  payoutAddressOf,
  payoutProgramOf,
  type BitcoinNetworkName,
} from '../bitcoin/address';
import { EXPECTED_RPC_URLS, parseRpcUrls } from '../bitcoin-node/rpc-url';
import { Schedule } from '../mining/schedule';
import { EXPECTED_WEBHOOKS, parseWebhookUrls } from '../notices/webhook-url';

// Kinds of values that settings have.

/** The form field that asks for it. */
export type Form =
  | { kind: 'number'; min: number; max: number }
  | { kind: 'choice'; options: readonly string[] }
  | { kind: 'text' };

/** A kind of value: how its text is read, what is expected, and the form field that asks for it. */
export interface Kind<T> {
  /** Reads trimmed text that isn't empty. */
  schema: z.ZodType<T, string>;
  expected: string;
  form: Form;
}

export const wholeNumber = (min: number, max: number): Kind<number> => ({
  schema: z.string().regex(/^\d+$/).transform(Number).pipe(z.number().min(min).max(max)),
  expected: `a whole number from ${min} to ${max}`,
  form: { kind: 'number', min, max },
});

/** Read with or without the percent sign. */
export const percent = (min: number): Kind<number> => {
  const kind = wholeNumber(min, 100);
  const schema = z.string().overwrite((text) => text.replace(/\s*%$/, ''));
  return { ...kind, schema: schema.pipe(kind.schema) };
};

export const oneOf = <const T extends readonly [string, ...string[]]>(
  options: T,
): Kind<T[number]> => ({
  schema: z.string().toLowerCase().pipe(z.enum(options)),
  expected: `one of ${options.join(', ')}`,
  form: { kind: 'choice', options },
});

export const schedule: Kind<Schedule> = {
  schema: z.string().transform((text, context) => {
    try {
      return Schedule.parse(text);
    } catch {
      context.addIssue({ code: 'custom' });
      return z.NEVER;
    }
  }),
  expected: 'hours such as 22:00-07:00 or 22:00-07:00 Europe/Berlin, several separated by commas',
  form: { kind: 'text' },
};

export const host: Kind<string> = {
  schema: z.string().regex(/^[0-9A-Za-z.:_-]+$/),
  expected: 'an IP address or host name',
  form: { kind: 'text' },
};

export const hosts: Kind<string[]> = {
  schema: z
    .string()
    .transform((text) => text.split(/[\s,]+/).filter((name) => name !== ''))
    .pipe(z.array(z.string().regex(/^[0-9A-Za-z._-]+$/)).min(1)),
  expected: 'host names separated by commas',
  form: { kind: 'text' },
};

/** Empty where there is none. */
export const path: Kind<string> = {
  schema: z.string().max(4096),
  expected: 'the path of a file',
  form: { kind: 'text' },
};

export const password: Kind<string> = {
  // Miners send it among other items, separated by commas.
  schema: z.string().regex(/^[!-+\--~]{1,64}$/),
  expected: '1 to 64 printable characters without spaces and commas',
  form: { kind: 'text' },
};

const MAX_BITCOIN_NODES = 8;

/** Of Bitcoin nodes, each with user and password unless a cookie file has them; empty where there is none. */
export const rpcUrls: Kind<string> = {
  schema: z
    .string()
    .max(4096)
    .refine((text) => {
      try {
        return parseRpcUrls(text).length <= MAX_BITCOIN_NODES;
      } catch {
        return false;
      }
    }),
  expected: EXPECTED_RPC_URLS,
  form: { kind: 'text' },
};

/** Of webhooks; empty where there is none. */
export const webhookUrls: Kind<string> = {
  schema: z
    .string()
    .max(4096)
    .refine((text) => {
      try {
        return parseWebhookUrls(text).length > 0;
      } catch {
        return false;
      }
    }),
  expected: EXPECTED_WEBHOOKS,
  form: { kind: 'text' },
};

/** A bech32 address has at most 90 characters (BIP 173). */
const MAX_ADDRESS_LENGTH = 90;

/** In lower case; empty where there is none. */
export const payoutAddress = (network: BitcoinNetworkName): Kind<string> => ({
  schema: z
    .string()
    .max(MAX_ADDRESS_LENGTH)
    .transform((text, context) => {
      try {
        return payoutAddressOf(payoutProgramOf(text, network), network);
      } catch (error) {
        context.addIssue({ code: 'custom', params: { problem: (error as RangeError).message } });
        return z.NEVER;
      }
    }),
  expected: expectedAddress(network),
  form: { kind: 'text' },
});
