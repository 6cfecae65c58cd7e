import type { promises as fsPromises } from 'node:fs';
import { Keypair, type PublicKey } from './keypair';
import { NamespaceWrapper } from './namespace-wrapper';
import type { CallNode } from './node-client';
import type {
  LogLevel,
  TaskDistributionInfo,
  TaskState,
  TaskStateOptions,
  TaskSubmissionState,
  TaskType,
} from './types';

/**
 * Calls the Koii node that started the task. A failed call resolves to `{ error }` and most methods pass on whatever
 * came back, as the official SDK does: a task that trusts an answer blindly must fail here too.
 */
export class NodeWrapper extends NamespaceWrapper {
  protected readonly votesOnItself = false;
  readonly #call: CallNode;
  readonly #mainAccount: string;

  constructor(call: CallNode, mainAccount: string) {
    super();
    this.#call = call;
    this.#mainAccount = mainAccount;
  }

  async defaultTaskSetup(): Promise<void> {
    await this.#call('defaultTaskSetup');
  }

  async getTaskLevelDBPath(): Promise<string> {
    return (await this.#call('getTaskLevelDBPath')) as string;
  }

  async getBasePath(): Promise<string> {
    return (await this.#call('getBasePath')) as string;
  }

  /** 0 if the node can't tell. */
  async getSlot(): Promise<number> {
    const slot = await this.#call('getCurrentSlot');
    return typeof slot === 'number' ? slot : 0;
  }

  async getAverageSlotTime(): Promise<number> {
    return (await this.#call('getAverageSlotTime')) as number;
  }

  async getRound(): Promise<number> {
    return (await this.#call('getRound')) as number;
  }

  async getRpcUrl(): Promise<string | void> {
    return (await this.#call('getRpcUrl')) as string;
  }

  getMainAccountPubkey(): Promise<string | null> {
    return Promise.resolve(this.#mainAccount);
  }

  /** Rejects if the node has no account to give. */
  async getSubmitterAccount(taskType?: TaskType): Promise<Keypair | null> {
    const account = (await this.#call('getSubmitterAccount', ...(taskType ? [taskType] : []))) as {
      _keypair: { secretKey: Record<string, number> };
    };
    return Keypair.fromSecretKey(Uint8Array.from(Object.values(account._keypair.secretKey)));
  }

  /** Null if the node answers with an error number. */
  async getTaskState(options: TaskStateOptions): Promise<TaskState | null> {
    const state = await this.#call('getTaskState', options);
    return typeof state === 'number' ? null : (state as TaskState);
  }

  async getTaskSubmissionInfo(round: number): Promise<TaskSubmissionState | null> {
    return nullIfError(await this.#call('getTaskSubmissionInfo', round)) as TaskSubmissionState;
  }

  async getTaskDistributionInfo(round: number): Promise<TaskDistributionInfo | null> {
    return nullIfError(await this.#call('getTaskDistributionInfo', round)) as TaskDistributionInfo;
  }

  async checkSubmissionAndUpdateRound(submissionValue: string, round: number): Promise<void> {
    await this.#call('checkSubmissionAndUpdateRound', submissionValue, round);
  }

  /** The node votes with its own account; the voter is only for the local test mode. */
  async auditSubmission(
    candidate: PublicKey,
    isValid: boolean,
    _voter: Keypair,
    round: number,
  ): Promise<void> {
    await this.#call('auditSubmission', candidate, isValid, round);
  }

  async uploadDistributionList(
    list: Record<string, number>,
    round: number,
  ): Promise<boolean | null> {
    return (await this.#call('uploadDistributionList', list, round)) as boolean | null;
  }

  async distributionListSubmissionOnChain(round: number): Promise<void | string> {
    return (await this.#call('distributionListSubmissionOnChain', round)) as string;
  }

  /** Rejects if the node answers null. */
  async getDistributionList(publicKey: string, round: number): Promise<string | null> {
    const list = (await this.#call('getDistributionList', publicKey, round)) as
      string | { error: unknown };
    return typeof list !== 'string' && list.error ? null : (list as string);
  }

  async distributionListAuditSubmission(
    candidate: PublicKey,
    isValid: boolean,
    _voter: Keypair,
    round: number,
  ): Promise<void> {
    await this.#call('distributionListAuditSubmission', candidate, isValid, round);
  }

  /** The node's method is named payloadTrigger. */
  async payoutTrigger(round: number): Promise<void> {
    await this.#call('payloadTrigger', round);
  }

  async logger(level: LogLevel, message: string, action: string): Promise<boolean> {
    return (await this.#call('logger', level, message, action)) as boolean;
  }

  fs(method: keyof typeof fsPromises, path: string, ...args: unknown[]): Promise<unknown> {
    return this.#call('fs', method, path, ...args);
  }

  fsStaking(method: keyof typeof fsPromises, path: string, ...args: unknown[]): Promise<unknown> {
    return this.#call('fsStaking', method, path, ...args);
  }

  async verifySignature(
    signedMessage: string,
    pubKey: string,
  ): Promise<{ data?: string; error?: string }> {
    return (await this.#call('verifySignedData', signedMessage, pubKey)) as { data?: string };
  }

  protected async signWithAccount(body: Record<string, unknown>): Promise<string | void> {
    return (await this.#call('signData', body)) as string;
  }
}

/** The SDK looks for `error` in any object, so that a null answer rejects. */
function nullIfError(answer: unknown): unknown {
  return typeof answer === 'object' && 'error' in (answer as object) ? null : answer;
}
