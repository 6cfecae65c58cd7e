import { TASK_ID } from '@_koii/namespace-wrapper';
import { z } from 'zod';
import type { AuditChain } from '../audit/auditor';
import { NotKeptError, NotYetError, type Chain } from '../audit/seeds';
import { KEPT_ROUNDS } from '../consensus';
import { believedRound, type RoundTimes } from '../rounds/round-clock';
import { decodeKey } from '../work/identity';
import type { Submissions } from '../work/seed';
import { callNode, shareInFlight, TRY_TIMEOUT_MS } from './calls';
import { localTestMode, namespaceWrapper } from './sdk';

// What is read from the chain, through the SDK: the task's state, which round runs and when, and what rounds submitted.
// Distribution lists are koii/ledger.ts's.

/** Values that hardly ever change are asked for at most once in this time. */
const KEPT_MS = 60_000;

/** The most that 32 bytes take in base58. */
const MAX_ID_CHARS = 44;

const positive = z.number().positive();
const slots = z.number().nonnegative();
const stateSchema = z.object({
  starting_slot: slots,
  round_time: positive,
  submission_window: slots,
  audit_window: slots,
  bounty_amount_per_round: z.number().nonnegative(),
  is_migrated: z.boolean().catch(false),
  migrated_to: z.string().catch(''),
});
type TaskState = z.infer<typeof stateSchema>;

const taskState = keptFor(KEPT_MS, () =>
  callNode(
    'getTaskState',
    () => namespaceWrapper.getTaskState({}),
    (answer) => stateSchema.parse(answer),
  ),
);

/** What a round's submitters share, in the token's smallest unit. @throws NodeCallError */
export async function bountyPerRound(): Promise<bigint> {
  const { bounty_amount_per_round } = await taskState();
  return BigInt(Math.floor(bounty_amount_per_round));
}

/** What the chain holds of an account in this task, in ROE; null where it doesn't say. */
export interface AccountState {
  stakeRoe: bigint | null;
  minimumStakeRoe: bigint | null;
  /** Paid, and not claimed yet. */
  claimableRoe: bigint | null;
}

/** Whoever submits decides nothing here, but the lists are long: no more than one entry of them is looked at. */
const accountsSchema = z.object({
  stake_list: z.record(z.string(), z.unknown()).optional().catch(undefined),
  available_balances: z.record(z.string(), z.unknown()).optional().catch(undefined),
  minimum_stake_amount: z.unknown(),
});

/**
 * The stake and the unclaimed rewards of a key. The answer lists those of everybody, so ask a minute apart or more.
 * @param publicKey base58
 * @throws NodeCallError
 */
export function accountState(publicKey: string): Promise<AccountState> {
  const of = (list: Record<string, unknown> | undefined): bigint | null =>
    list ? roeOrNull(Object.hasOwn(list, publicKey) ? list[publicKey] : 0) : null;
  return callNode(
    'getTaskState',
    () =>
      namespaceWrapper.getTaskState({
        is_stake_list_required: true,
        is_available_balances_required: true,
      }),
    (answer) => {
      const { stake_list, available_balances, minimum_stake_amount } = accountsSchema.parse(answer);
      return {
        stakeRoe: of(stake_list),
        minimumStakeRoe: roeOrNull(minimum_stake_amount),
        claimableRoe: of(available_balances),
      };
    },
  );
}

function roeOrNull(amount: unknown): bigint | null {
  const isAmount = typeof amount === 'number' && Number.isFinite(amount) && amount >= 0;
  return isAmount ? BigInt(Math.floor(amount)) : null;
}

/** The id of the task that replaces this one; undefined while none does. @throws NodeCallError */
export async function newerTask(): Promise<string | undefined> {
  const { is_migrated: isMigrated, migrated_to: id } = await taskState();
  return isMigrated && isTaskId(id) && id !== TASK_ID ? id : undefined;
}

function isTaskId(text: string): boolean {
  try {
    return text.length <= MAX_ID_CHARS && decodeKey(text).length > 0;
  } catch {
    return false;
  }
}

const averageSlotMs = keptFor(KEPT_MS, () =>
  callNode(
    'getAverageSlotTime',
    () => namespaceWrapper.getAverageSlotTime(),
    (answer) => positive.parse(answer),
  ),
);

/** How long a round lasts at the present pace of slots, in ms. @throws NodeCallError */
export async function roundLengthMs(): Promise<number> {
  const { round_time } = await taskState();
  return round_time * (await averageSlotMs());
}

function currentSlot(): Promise<number> {
  return callNode(
    'getCurrentSlot',
    () => namespaceWrapper.getSlot(),
    (answer) => positive.parse(answer),
  );
}

function roundAt(slot: number, { starting_slot, round_time }: TaskState): number {
  return Math.floor((slot - starting_slot) / round_time);
}

/** The slot at which a round starts. @throws NodeCallError */
export async function startSlotOf(round: number): Promise<number> {
  const { starting_slot, round_time } = await taskState();
  return starting_slot + round * round_time;
}

/**
 * When a round's windows are, estimated from the chain's slots.
 * @param round the one that runs when left out
 * @param now the clock by which they are given, in ms; this machine's wall clock when left out
 * @throws NodeCallError
 */
export async function roundTimes(
  round?: number,
  now: () => number = Date.now,
): Promise<RoundTimes> {
  const state = await taskState();
  const slotMs = await averageSlotMs();
  const slot = await currentSlot();
  const nowMs = now();
  const of = round ?? roundAt(slot, state);
  const startSlot = state.starting_slot + of * state.round_time;
  const at = (slots: number): number => Math.round(nowMs + (startSlot + slots - slot) * slotMs);
  return {
    round: of,
    startsAt: at(0),
    submissionEndsAt: at(state.submission_window),
    auditEndsAt: at(state.submission_window + state.audit_window),
    endsAt: at(state.round_time),
  };
}

const roundSchema = z.number().int().nonnegative();

/** The round that runs now, as the node says. @throws NodeCallError */
function currentRound(): Promise<number> {
  return callNode(
    'getRound',
    () => namespaceWrapper.getRound(),
    (answer) => roundSchema.parse(answer),
  );
}

/** The round that runs now, worked out from the chain's slots. @throws NodeCallError */
async function currentRoundBySlots(): Promise<number> {
  return roundAt(await currentSlot(), await taskState());
}

/**
 * The round that runs by the chain's clock.
 * @param expected the round that is expected to run, if any
 * @throws NodeCallError, and NotYetError when the node contradicts itself
 */
export async function roundThatRuns(expected?: number): Promise<number> {
  return believedRound(await currentRound(), expected, currentRoundBySlots);
}

const submissionInfoSchema = z.object({
  submissions: z.record(
    z.string(),
    z.record(
      z.string(),
      z
        .object({ submission_value: z.string() })
        .transform((submission) => submission.submission_value),
    ),
  ),
});

/**
 * What a round submitted, for any round the chain still holds.
 * @throws NodeCallError
 */
export const submissionsOf = shareInFlight(
  (round: number): Promise<Submissions> =>
    callNode(
      'getTaskSubmissionInfo',
      () => namespaceWrapper.getTaskSubmissionInfo(round),
      (answer) => submissionInfoSchema.parse(answer).submissions[round] ?? {},
    ),
  TRY_TIMEOUT_MS,
);

/** The chain as seeds are derived from it. */
export const chain: Chain = {
  isCertain: localTestMode,
  async submissions(round) {
    // The local test mode has one round number, always 1, and forgets nothing.
    if (!localTestMode) {
      const current = await currentRound();
      // They are made during the next round, so they are final only in the one after that. Either this is too early, or
      // the node is behind: no reason to settle for what is stored.
      if (round > current - 2)
        throw new NotYetError(
          `the submissions of round ${round} are not final in round ${current}`,
        );
      // A forgotten round looks like one without submissions.
      if (round <= current - KEPT_ROUNDS)
        throw new NotKeptError(
          `in round ${current} the chain has forgotten the submissions of round ${round}`,
        );
    }
    return submissionsOf(round);
  },
};

/** The chain as an audit asks it. In the local test mode there is nothing to wait for. */
export const auditChain: AuditChain = {
  submissions: submissionsOf,
  leftMs: async () => (localTestMode ? 0 : (await roundTimes()).auditEndsAt - Date.now()),
};

/** Keeps an answer for a time. Those who ask at the same time share one call, and a failure isn't kept. */
function keptFor<T>(keptMs: number, ask: () => Promise<T>): () => Promise<T> {
  let kept: { answer: Promise<T>; until: number } | undefined;
  return () => {
    if (!kept || performance.now() >= kept.until) {
      const asked = { answer: ask(), until: performance.now() + keptMs };
      kept = asked;
      asked.answer.catch(() => {
        if (kept === asked) kept = undefined;
      });
    }
    return kept.answer;
  };
}

/**
 * Checks a round number that came from the node.
 * @throws RangeError when it is no whole number from 0 to 2^53-1
 */
export function checkRound(round: unknown): void {
  if (Number.isSafeInteger(round) && (round as number) >= 0) return;
  throw new RangeError(`round: expected a whole number from 0, got ${JSON.stringify(round)}`);
}
