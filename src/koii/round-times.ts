import { namespaceWrapper } from '@_koii/namespace-wrapper';
import { z } from 'zod';
import type { RoundTimes } from '../rounds/round-clock';
import { callNode } from './node-call';

const slots = z.number().nonnegative();
const stateSchema = z.object({
  starting_slot: slots,
  round_time: z.number().positive(),
  submission_window: slots,
  audit_window: slots,
});
const positive = z.number().positive();

/**
 * When a round's windows are by this machine's clock, as far as the chain's slots tell now.
 * @throws NodeCallError
 */
export async function roundTimes(round: number): Promise<RoundTimes> {
  const state = await taskState();
  const slotMs = await callNode(
    'getAverageSlotTime',
    () => namespaceWrapper.getAverageSlotTime(),
    (answer) => positive.parse(answer),
  );
  const slot = await currentSlot();
  const startSlot = state.starting_slot + round * state.round_time;
  const at = (slots: number): number =>
    Math.round(Date.now() + (startSlot + slots - slot) * slotMs);
  return {
    round,
    startsAt: at(0),
    submissionEndsAt: at(state.submission_window),
    auditEndsAt: at(state.submission_window + state.audit_window),
    endsAt: at(state.round_time),
  };
}

/** The round that runs now, worked out from the chain's slots. @throws NodeCallError */
export async function currentRoundBySlots(): Promise<number> {
  const { starting_slot, round_time } = await taskState();
  return Math.floor(((await currentSlot()) - starting_slot) / round_time);
}

function taskState() {
  return callNode(
    'getTaskState',
    () => namespaceWrapper.getTaskState({}),
    (answer) => stateSchema.parse(answer),
  );
}

function currentSlot(): Promise<number> {
  return callNode(
    'getCurrentSlot',
    () => namespaceWrapper.getSlot(),
    (answer) => positive.parse(answer),
  );
}
