import { TASK_ID } from '@_koii/namespace-wrapper';
import { z } from 'zod';
import type { RoundTimes } from '../rounds/round-clock';
import { decodeKey } from '../work/identity';
import { callNode } from './node-call';
import { namespaceWrapper } from './sdk';

const slots = z.number().nonnegative();
const stateSchema = z.object({
  starting_slot: slots,
  round_time: z.number().positive(),
  submission_window: slots,
  audit_window: slots,
  bounty_amount_per_round: z.number().nonnegative(),
  is_migrated: z.boolean().catch(false),
  migrated_to: z.string().catch(''),
});
type TaskState = z.infer<typeof stateSchema>;
const positive = z.number().positive();

/** Of 32 bytes in base58. */
const MAX_ID_CHARS = 44;

/** What hardly ever changes is asked for once in this time. */
const KEPT_MS = 60_000;

/**
 * When a round's windows are, as far as the chain's slots tell now.
 * @param round the one that runs when left out
 * @param now the clock that is meant, in ms; this machine's wall clock when left out
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

/** The round that runs now, worked out from the chain's slots. @throws NodeCallError */
export async function currentRoundBySlots(): Promise<number> {
  return roundAt(await currentSlot(), await taskState());
}

/** The slot at which a round starts. @throws NodeCallError */
export async function startSlotOf(round: number): Promise<number> {
  const { starting_slot, round_time } = await taskState();
  return starting_slot + round * round_time;
}

/** What is shared among a round's submitters, in the token's smallest unit. @throws NodeCallError */
export async function bountyPerRound(): Promise<bigint> {
  const { bounty_amount_per_round } = await taskState();
  return BigInt(Math.floor(bounty_amount_per_round));
}

/** The id of the task that takes this one's place; undefined while none does. @throws NodeCallError */
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

function roundAt(slot: number, { starting_slot, round_time }: TaskState): number {
  return Math.floor((slot - starting_slot) / round_time);
}

const taskState = keptFor(KEPT_MS, () =>
  callNode(
    'getTaskState',
    () => namespaceWrapper.getTaskState({}),
    (answer) => stateSchema.parse(answer),
  ),
);

const averageSlotMs = keptFor(KEPT_MS, () =>
  callNode(
    'getAverageSlotTime',
    () => namespaceWrapper.getAverageSlotTime(),
    (answer) => positive.parse(answer),
  ),
);

function currentSlot(): Promise<number> {
  return callNode(
    'getCurrentSlot',
    () => namespaceWrapper.getSlot(),
    (answer) => positive.parse(answer),
  );
}

/** Asks once in a while; whoever asks at the same time shares the answer, and a failure is not kept. */
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
