import { z } from 'zod';
import { NoAnswer } from './rpc';

// What a Bitcoin node answers, and how it is read: a node may lie, but nothing that it says is used unread.

/** The chains that may be mined, as getblockchaininfo names them. */
export type BitcoinChain = 'main' | 'testnet4' | 'regtest';

const MAX_U32 = 2 ** 32 - 1;
/** Of a block that a proof can carry. */
const MAX_HEIGHT = 2 ** 31 - 1;

/** As people write it, most significant byte first. */
const blockHash = z
  .string()
  .regex(/^[0-9a-f]{64}$/i)
  .toLowerCase();
const seconds = z.number().int().min(0).max(MAX_U32);
/** Compact target; bcoin gives some as numbers. */
const bits = z.union([
  z
    .string()
    .regex(/^[0-9a-f]{8}$/i)
    .transform((hex) => parseInt(hex, 16)),
  z.number().int().min(0).max(MAX_U32),
]);
const chainwork = z
  .string()
  .regex(/^[0-9a-f]{1,64}$/i)
  .transform((hex) => BigInt(`0x${hex}`));

export const bestBlockHash = blockHash;
export const newBlock = z.object({ hash: blockHash });
export const chainInfo = z.object({
  chain: z.string(),
  initialblockdownload: z.boolean().optional(),
});
export const connectionCount = z.number();

export const blockHeader = z.object({
  hash: blockHash,
  height: z
    .number()
    .int()
    .min(0)
    .max(MAX_HEIGHT - 1),
  time: seconds,
  mediantime: seconds.max(MAX_U32 - 1),
  bits,
  chainwork: chainwork.optional(),
});
export type BlockHeader = z.infer<typeof blockHeader>;

export const blockTemplate = z.object({
  previousblockhash: blockHash,
  height: z.number().int().min(1).max(MAX_HEIGHT),
  bits,
  curtime: seconds,
  mintime: seconds.optional(),
  longpollid: z.string().max(1000).optional(),
});
export type BlockTemplate = z.infer<typeof blockTemplate>;

/** Reads an answer. @throws NoAnswer when it is of another shape */
export function read<T>(schema: z.ZodType<T>, method: string, answer: unknown): T {
  const { success, data } = schema.safeParse(answer);
  if (!success) throw contradiction(method);
  return data;
}

/** What is thrown when an answer can't be true. */
export function contradiction(method: string): NoAnswer {
  return new NoAnswer(`its answer to ${method} can't be right`);
}
