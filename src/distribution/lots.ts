import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { sha256 } from '../bitcoin/sha256';
import type { Log } from '../process/log';
import { type KeyValueStore, readRecord } from '../store/store';

// A node's lot in a round: the secret it is drawn with, and the draw (docs/PROTOCOL.md section 8).

const KEY = 'list-secret';
const secretSchema = z.string().regex(/^[0-9a-f]{64}$/);

/**
 * The 32 random bytes with which this node draws its lots, made once. Whoever knew them could always be there first,
 * so they are in its store and nowhere else. If they can't be stored, they last as long as this process.
 */
export async function loadListSecret(store: KeyValueStore, log: Log): Promise<Buffer> {
  const stored = await readRecord(store, KEY, secretSchema, log);
  if (stored) return Buffer.from(stored, 'hex');
  const secret = randomBytes(32);
  try {
    await store.set(KEY, JSON.stringify(secret.toString('hex')));
  } catch (error) {
    log.warn({ error }, 'the secret for lists could not be stored: the next process draws anew');
  }
  return secret;
}

const DRAW_PREFIX = Buffer.from('orca-mining/list/1', 'ascii');
const U32 = 2 ** 32;

/** A node's lot in a round: nobody else knows it, so nobody can crowd it out. */
export interface Draw {
  /** 0..submitters-1: how soon it makes a list. */
  place: number;
  /** 0..1, below 1: when it looks late in the audit window. */
  moment: number;
}

/**
 * Draws a node's lot.
 * @param secret the node's 32 random bytes
 * @param submitters of the round, 1..2^21
 */
export function draw(secret: Uint8Array, round: number, submitters: number): Draw {
  const roundLE = Buffer.alloc(8);
  roundLE.writeBigUInt64LE(BigInt(round));
  const d = sha256(Buffer.concat([DRAW_PREFIX, secret, roundLE]));
  return {
    // Exact: 53 bits hold the product.
    place: Math.floor((submitters * d.readUInt32LE(0)) / U32),
    moment: d.readUInt32LE(4) / U32,
  };
}
