import { TASK_ID, taskNodeAdministered } from '@_koii/namespace-wrapper';
import bs58 from 'bs58';
import type { Log } from '../process/log';
import { ConfigError } from '../settings/schema';
import { decodeKey, type Identity } from '../work/identity';
import { callNode } from './calls';
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
function submitterKey(): Promise<Uint8Array> {
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

/** The account that this process mines for, while the node's owner may choose another at any time. */
export class Account {
  private isTold = false;

  constructor(
    /** base58 */
    readonly publicKey: string,
    private readonly log: Log,
    /** Ends the process; the node starts the task again, for the new account. */
    private readonly stop: (why: string) => void,
    private readonly ask: () => Promise<Uint8Array> = submitterKey,
  ) {}

  /**
   * Whether the node still submits under this account. If not, what was mined must not be handed in, for it is worthless
   * under another key: the process ends.
   * @throws NodeCallError when the node doesn't tell
   */
  async isKept(): Promise<boolean> {
    const now = bs58.encode(await this.ask());
    if (now === this.publicKey) return true;
    if (!this.isTold) {
      this.log.warn(
        `the node's account is ${now} now, and this process mines for ${this.publicKey}: nothing more of that is submitted`,
      );
    }
    this.isTold = true;
    this.stop('the node has another account');
    return false;
  }

  /** The same, as far as the node tells at once. */
  isKeptAsFarAsKnown(): Promise<boolean> {
    return this.isKept().catch(() => true);
  }
}
