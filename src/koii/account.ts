import { TASK_ID } from '@_koii/namespace-wrapper';
import type { Log } from '../process/log';
import { ConfigError } from '../settings/schema';
import { decodeKey, identityOf, type Identity } from '../work/identity';
import { callNode } from './calls';
import { namespaceWrapper } from './sdk';

// Which account is mined for: the node names it at the start, and its owner may choose another at any time.

/** Stands in for a task id where there is none (docs/PROTOCOL.md section 2). */
const NO_TASK_ID = new Uint8Array(32);

/**
 * The task this process runs for and the key its proofs are submitted under.
 * @throws NodeCallError when the node does not give the key, ConfigError when the task id is not an account.
 */
export async function loadIdentity(): Promise<Identity> {
  return identityOf(rawTaskId(), decodeKey(await submitterKey()));
}

function rawTaskId(): Uint8Array {
  if (!TASK_ID) return NO_TASK_ID;
  try {
    return decodeKey(TASK_ID);
  } catch (cause) {
    throw new ConfigError(`task id: expected an account in base58, got ${TASK_ID}`, { cause });
  }
}

/** The key that the node submits under now, base58 of 32 bytes. @throws NodeCallError */
function submitterKey(): Promise<string> {
  return callNode(
    'getSubmitterAccount',
    () => namespaceWrapper.getSubmitterAccount(),
    (account) => {
      const { publicKey } = account as { publicKey: { toBase58(): string } };
      const base58 = publicKey.toBase58();
      decodeKey(base58);
      return base58;
    },
  );
}

/** The account that this process mines for. */
export class Account {
  private isTold = false;

  constructor(
    /** base58 */
    readonly publicKey: string,
    private readonly log: Log,
    /** Ends the process; the node starts the task again, for the new account. */
    private readonly stop: (why: string) => void,
    /** Asks the node for its key, base58. */
    private readonly ask: () => Promise<string> = submitterKey,
  ) {}

  /**
   * Whether the node still submits under this account. If not, what was mined must not be submitted, since it is
   * worthless under another key: the process ends.
   * @throws NodeCallError when the node doesn't answer
   */
  async isKept(): Promise<boolean> {
    const now = await this.ask();
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

  /** The same, but true if the node doesn't answer at once. */
  isKeptAsFarAsKnown(): Promise<boolean> {
    return this.isKept().catch(() => true);
  }
}
