import bs58 from 'bs58';
import { submitterKey } from '../koii/identity';
import type { Log } from '../log';

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
