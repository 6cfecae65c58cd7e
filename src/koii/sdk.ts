import { namespaceWrapper, taskNodeAdministered } from '@_koii/namespace-wrapper';
import { shareInFlight, TRY_TIMEOUT_MS } from './calls';
import { Recorder } from './recorder';
import { IS_SHARED_REHEARSAL, REHEARSAL, silence } from './rehearsal';

// The SDK as the other rooms see it: its mode, its HTTP app, and its object with shared reads.

/** Whether no node runs this process: the SDK's local test mode, which plays the chain itself. */
export const localTestMode = !taskNodeAdministered;

// The SDK listens from the moment it is loaded, on all interfaces: the node's tunnel leads here.
export { app, _server as publicServer } from '@_koii/namespace-wrapper';

/** What the task and the SDK itself read from the chain, often at the same time. */
const READS = [
  'getRound',
  'getSlot',
  'getAverageSlotTime',
  'getTaskState',
  'getTaskSubmissionInfo',
  'getTaskDistributionInfo',
  'getDistributionList',
] as const;

/** The index of the argument in which a node passes the secret of its calls. */
const SECRET_ARGUMENT = 7;

/** Keeps the calls of the node, in a rehearsal build that is to. */
export const recorder =
  REHEARSAL?.isRecording && !localTestMode
    ? new Recorder([process.argv[SECRET_ARGUMENT] ?? ''])
    : undefined;

// Replaced on the instance, so the SDK's own calls are shared too. Not in the local test mode, where an answer is the
// state itself.
if (!localTestMode) {
  const sdk = namespaceWrapper as unknown as Record<
    string,
    (...args: unknown[]) => Promise<unknown>
  >;
  recorder?.follow(sdk);
  // After it: what is silenced never reaches the node.
  if (IS_SHARED_REHEARSAL) silence(sdk);
  for (const name of READS) sdk[name] = shareInFlight(sdk[name]!.bind(sdk), TRY_TIMEOUT_MS);
}

/** The SDK's object, whose reads of the chain are shared while they are in flight. */
export { namespaceWrapper };
