import { pushData } from '../bitcoin/script';
import { TAG } from '../consensus';
import type { RoundSeed } from './seed';
import { templateOf, type Segment, type Template } from './segment';

/** 2026-01-01: mining hardware takes it for a block of its time. */
const FIRST_TIME = 1767225600;
/** About as hard as Bitcoin is today, so that no miner takes an ordinary share for a block. */
const BITS = 0x1700ffff;
const OP_RETURN = 0x6a;
const FINAL_SEQUENCE = 0xffffffff;

/** The one segment of a round of work source koii (docs/PROTOCOL.md section 3). */
export function koiiSegment({ round, seed }: RoundSeed): Segment {
  return { height: round, prev: seed, time: (FIRST_TIME + round) % 2 ** 32, bits: BITS };
}

/** That segment as a submitter mines it. @param submitter a raw public key, 32 bytes */
export function koiiTemplate(of: RoundSeed, submitter: Uint8Array): Template {
  return templateOf(koiiSegment(of), {
    message: Buffer.concat([TAG, submitter]),
    sequence: FINAL_SEQUENCE,
    lockTime: 0,
    outputs: [{ value: 0n, script: Buffer.concat([Buffer.of(OP_RETURN), pushData(of.taskId)]) }],
  });
}
