import type { Verdict } from '../proof/verify';

// Distribution lists: how a round's bounty is shared, and how the text of a list on the ledger compares with one.

/** A distribution list: base58 public key to an amount in the token's smallest unit, 0..2^53-1. */
export type Payouts = Readonly<Record<string, number>>;

/** A submitter of the round, with this node's verdict on its proof. */
export interface JudgedSubmitter {
  publicKey: string;
  verdict: Verdict;
}

/** A list is JSON, whose numbers are exact up to here: of a larger bounty only this much is shared. */
const LARGEST_BOUNTY = BigInt(Number.MAX_SAFE_INTEGER);

/**
 * Shares a round's bounty (docs/PROTOCOL.md section 8) in proportion to the work proven, with nothing for an invalid
 * proof. The arithmetic is in integers and the order of the submitters doesn't matter, so every node computes the same
 * list.
 * @param bounty in the token's smallest unit, from 0
 */
export function sharePayouts(submitters: readonly JudgedSubmitter[], bounty: bigint): Payouts {
  const shared = bounty < LARGEST_BOUNTY ? bounty : LARGEST_BOUNTY;
  const total = submitters.reduce((sum, { verdict }) => sum + provenHashes(verdict), 0n);
  return Object.fromEntries(
    submitters.map(({ publicKey, verdict }) => {
      const hashes = provenHashes(verdict);
      return [publicKey, hashes === 0n ? 0 : Number((shared * hashes) / total)];
    }),
  );
}

function provenHashes(verdict: Verdict): bigint {
  return verdict.valid ? verdict.hashes : 0n;
}

/** Whether two lists give the same amounts to the same keys, in whatever order. */
export function isSameList(a: Payouts, b: Payouts): boolean {
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => a[key] === b[key]);
}

/** No honest list is longer: 2 MiB hold 36,000 submitters. Parsing more would hold up everything else. */
const MAX_LENGTH = 2 ** 21;

/** White space in JSON (RFC 8259 section 2). */
const WHITE_SPACE = ' \t\n\r';

/** A member of a list as JSON.stringify writes it, with any white space: keys are base58, amounts whole numbers. */
const MEMBER =
  /[ \t\n\r]*"([1-9A-HJ-NP-Za-km-z]+)"[ \t\n\r]*:[ \t\n\r]*(-?(?:0|[1-9]\d*))[ \t\n\r]*([,}])/y;

/** How an account's contents compare with a node's own list. */
export type Reading = 'equal' | 'differs' | 'unreadable';

/**
 * Compares the text in an account with a node's own list. Equal lists hold the same keys, each once in the JSON, with
 * the same whole numbers; their order, white space, and the zero bytes that fill up an account don't matter.
 * Numbers are compared as text, since beyond 2^53 JSON's numbers are not exact.
 */
export function readingOf(text: string, own: Payouts): Reading {
  const json = withoutPadding(text);
  if (json.length > MAX_LENGTH) return 'differs';
  const members = membersOf(json);
  if (!members) return isJson(json) ? 'differs' : 'unreadable';
  const isEqual =
    members.size === Object.keys(own).length &&
    [...members].every(([key, amount]) => Object.hasOwn(own, key) && String(own[key]) === amount);
  return isEqual ? 'equal' : 'differs';
}

/**
 * What an account's text pays to each key it names.
 * @returns amounts as the text has them, in decimal; undefined if it is no list, or one that no honest node makes
 */
export function amountsIn(text: string): ReadonlyMap<string, string> | undefined {
  const json = withoutPadding(text);
  return json.length > MAX_LENGTH ? undefined : membersOf(json);
}

/** Strips white space at both ends and zero bytes at the end. A regular expression would go over it many times. */
function withoutPadding(text: string): string {
  let end = text.length;
  while (end > 0 && (text[end - 1] === '\0' || WHITE_SPACE.includes(text[end - 1]!))) end--;
  let start = 0;
  while (start < end && WHITE_SPACE.includes(text[start]!)) start++;
  return text.slice(start, end);
}

/** The members of a list's JSON; undefined if it is anything else, or names a key twice. */
function membersOf(json: string): Map<string, string> | undefined {
  const members = new Map<string, string>();
  if (!json.startsWith('{')) return undefined;
  MEMBER.lastIndex = 1;
  for (let match = MEMBER.exec(json); match; match = MEMBER.exec(json)) {
    const [, key, amount, next] = match;
    if (members.has(key!)) return undefined;
    members.set(key!, amount!);
    if (next === '}') return MEMBER.lastIndex === json.length ? members : undefined;
  }
  return undefined;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
