import { hashValue } from '../bitcoin/target';
import { sha256d } from '../bitcoin/sha256';
import { headerOf, type Attempt, type Template } from '../template/segment';

/** An attempt whose hash is low enough to be worth something. */
export interface Share extends Attempt {
  hashValue: bigint;
}

/** Hashes an attempt. */
export function shareOf(template: Template, attempt: Attempt): Share {
  return { ...attempt, hashValue: hashValue(sha256d(headerOf(template, attempt))) };
}
