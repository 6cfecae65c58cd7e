import type { Windows } from './ledger';
import type { Reading } from './payouts';

// How nodes make and judge lists (docs/PROTOCOL.md section 8). Not consensus: whatever single nodes do, the rules work
// while fewer keys cheat than honest nodes are awake.

/** All numbers of the rules, in one place. A part is one of the window in question. */
export const LIST_RULES = {
  /** Places that make a list at once, whatever the ledger shows. */
  makersAtOnce: 6,
  /** The next twice as many wait a step for a right list, the next four times as many two steps, and so on. */
  stepPart: 0.07,
  /** Putting a list on chain takes about this long for each submitter in it. */
  msPerSubmitter: 70,
  /** Kept free at the end of the submission window. */
  sparePart: 0.05,
  /** Looks at which a list that differs gets a vote against. */
  earlyLooks: [0.05, 0.5, 0.75],
  /** Looks at which an equal list gets a vote for as well; the first is at a moment that each node draws. */
  lateLook: { from: 0.86, spread: 0.06 },
  lastLook: 0.95,
  /** A vote that the ledger doesn't show after this long is cast again. */
  recastPart: 0.06,
  /** A node that nobody agrees with reads the submissions again, if there is time this long after it first did. */
  rereadAfter: { ms: 30_000, part: 0.3 },
  /** With opensAudits: when, and which part of the submitters, 6 at most, open audits on right lists. */
  openingLook: 0.8,
  openersPart: 1 / 8,
} as const;

/** What isn't known of K2 yet; the rules change if testnet shows it to be so (docs/PROTOCOL.md section 8). */
export interface ListSwitches {
  /** A vote for a list can't be the first: some nodes open the audit with a vote against. */
  opensAudits: boolean;
  /** Lists and their accounts can't change once named: right ones are voted for at any look. */
  listsAreFinal: boolean;
}
export const LIST_SWITCHES: ListSwitches = { opensAudits: false, listsAreFinal: false };

/** The same as `makersAtOnce`, where lists can't change once named. */
const MAKERS_AT_ONCE_WHERE_FINAL = 2;

/** Steps that a place waits for somebody else's right list: 0, 1, 2 .. for places below 6, 18, 42 .. */
export function stepsOf(place: number, { listsAreFinal }: ListSwitches = LIST_SWITCHES): number {
  const atOnce = listsAreFinal ? MAKERS_AT_ONCE_WHERE_FINAL : LIST_RULES.makersAtOnce;
  let steps = 0;
  while (place >= atOnce * (2 ** (steps + 1) - 1)) steps++;
  return steps;
}

/** When a place makes its list, in ms of the windows' clock. */
export function makesAt(windows: Windows, steps: number, submitters: number): number {
  const window = windows.auditAt - windows.opensAt;
  const step = LIST_RULES.stepPart * window + LIST_RULES.msPerSubmitter * submitters;
  return windows.opensAt + steps * step;
}

/** How long it takes to put a list on the ledger. */
export function makingMs(windows: Windows, submitters: number): number {
  const window = windows.auditAt - windows.opensAt;
  return LIST_RULES.sparePart * window + LIST_RULES.msPerSubmitter * submitters;
}

/** The last moment at which the SDK is still given a list to make. */
export function sdkMakesUntil({ opensAt, auditAt }: Windows): number {
  return opensAt + (1 - LIST_RULES.sparePart) * (auditAt - opensAt);
}

/** A time in the audit window. */
export function auditTime({ auditAt, auditEndsAt }: Windows, part: number): number {
  return auditAt + part * (auditEndsAt - auditAt);
}

/** early: only wrong lists get a vote. opening: some right ones get one against. late, last: right lists get a vote. */
export type LookKind = 'early' | 'opening' | 'late' | 'last';

export interface Look {
  kind: LookKind;
  /** When, as a part of the audit window. */
  at: number;
}

/** The looks of a node at the lists of a round. */
export function looksOf(moment: number, { opensAudits }: ListSwitches = LIST_SWITCHES): Look[] {
  const { earlyLooks, openingLook, lateLook, lastLook } = LIST_RULES;
  return [
    ...earlyLooks.map((at) => ({ kind: 'early', at }) as const),
    ...(opensAudits ? [{ kind: 'opening', at: openingLook } as const] : []),
    { kind: 'late', at: lateLook.from + lateLook.spread * moment },
    { kind: 'last', at: lastLook },
  ];
}

/** Whether it is one of the two looks at which right lists get a vote. */
export function isLate(kind: LookKind): boolean {
  return kind === 'late' || kind === 'last';
}

/** Whether a node opens audits on right lists, where a vote for can't be the first. */
export function opensAudit(place: number, submitters: number): boolean {
  return place < Math.min(LIST_RULES.makersAtOnce, submitters * LIST_RULES.openersPart);
}

/**
 * A node's vote on a list that it hasn't voted on yet; undefined for none at this look.
 * @param now what was read at this look
 * @param before whether the same account was read as equal at an earlier look
 */
export function voteAt(
  kind: LookKind,
  now: Reading,
  before: boolean,
  { listsAreFinal }: ListSwitches = LIST_SWITCHES,
): boolean | undefined {
  const unread: Reading = before ? 'equal' : 'differs';
  const reading = now === 'unreadable' && isLate(kind) ? unread : now;
  if (reading === 'differs') return false;
  // A vote is binding, and an account may hold something else by the end.
  return reading === 'equal' && (isLate(kind) || listsAreFinal) ? true : undefined;
}

/** Whether reading the submissions again may show more than before: a view that lags does so for a while. */
export function isRereadDue(
  kind: LookKind,
  readAt: number,
  now: number,
  { auditAt, auditEndsAt }: Windows,
): boolean {
  const { ms, part } = LIST_RULES.rereadAfter;
  return kind === 'last' || now - readAt >= Math.min(ms, part * (auditEndsAt - auditAt));
}

/** Whether a vote that the ledger doesn't show must be cast again. @param castAt ms; undefined when it failed */
export function isRecastDue(
  kind: LookKind,
  castAt: number | undefined,
  now: number,
  { auditAt, auditEndsAt }: Windows,
): boolean {
  if (castAt === undefined || kind === 'last') return true;
  return now - castAt >= LIST_RULES.recastPart * (auditEndsAt - auditAt);
}
