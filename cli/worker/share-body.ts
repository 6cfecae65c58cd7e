import { difficultyOf, displayHash } from '../../src/bitcoin/target';
import { VERSION_BITS_SHIFT } from '../../src/consensus';
import { shareOf } from '../../src/proof/shares';
import type { Attempt } from '../../src/work/attempt';
import type { Template } from '../../src/work/segment';

/** A share as POST /submission accepts it. */
export interface ShareBody {
  hash: string;
  difficulty: number;
  block_height: number;
  worker_id: string;
  submission_id: string;
  extranonce2: string;
  nonce: string;
  version_bits: string;
  time_offset: number;
  /** The job it was found on; by default the worker's newest. */
  job_id?: string;
}

/** Encodes an attempt on a template for submission. */
export function shareBody(
  template: Template,
  attempt: Attempt,
  ids: Pick<ShareBody, 'worker_id' | 'submission_id'>,
): ShareBody {
  const { hashValue, extranonce2, nonce, versionBits, timeOffset } = shareOf(template, attempt);
  return {
    hash: displayHash(hashValue),
    difficulty: difficultyOf(hashValue),
    block_height: template.height,
    ...ids,
    extranonce2: hex32(extranonce2),
    nonce: hex32(nonce),
    version_bits: hex32(versionBits << VERSION_BITS_SHIFT),
    time_offset: timeOffset,
  };
}

function hex32(value: number): string {
  return value.toString(16).padStart(8, '0');
}
