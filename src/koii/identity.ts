import { TASK_ID, taskNodeAdministered } from '@_koii/namespace-wrapper';
import { ConfigError } from '../settings/environment';
import { decodeKey, type Identity } from '../work/identity';
import { callNode } from './node-call';
import { namespaceWrapper } from './sdk';

/** Whether no node runs this process: the SDK's local test mode, which plays the chain itself. */
export const localTestMode = !taskNodeAdministered;

/** Zeros where there is no task id (docs/PROTOCOL.md section 2). */
const NO_TASK_ID = new Uint8Array(32);

/**
 * The task this process runs for and the key its proofs are submitted under.
 * @throws NodeCallError when the node does not tell the key, ConfigError when the task id is no account.
 */
export async function loadIdentity(): Promise<Identity> {
  return { taskId: rawTaskId(), submitter: await submitterKey() };
}

/** The key that the node submits under now, 32 bytes: its owner may choose another account at any time. @throws NodeCallError */
export function submitterKey(): Promise<Uint8Array> {
  return callNode(
    'getSubmitterAccount',
    () => namespaceWrapper.getSubmitterAccount(),
    (account) => {
      const { publicKey } = account as { publicKey: { toBase58(): string } };
      return decodeKey(publicKey.toBase58());
    },
  );
}

function rawTaskId(): Uint8Array {
  if (!TASK_ID) return NO_TASK_ID;
  try {
    return decodeKey(TASK_ID);
  } catch (cause) {
    throw new ConfigError(`task id: expected an account in base58, got ${TASK_ID}`, { cause });
  }
}
