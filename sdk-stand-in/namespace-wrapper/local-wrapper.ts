import { promises as fsPromises, readFileSync } from 'node:fs';
import bs58 from 'bs58';
import { Keypair, openMessage, PublicKey } from './keypair';
import { NamespaceWrapper, signJson } from './namespace-wrapper';
import {
  type AuditTriggerState,
  LogLevel,
  type Submission,
  type TaskDistributionInfo,
  type TaskState,
  type TaskSubmissionState,
} from './types';

// What the SDK's local test mode reports for times and slots.
const SLOT_MS = 400;
const SLOT = 100;
const LIST_SLOT = 200;

/** The SDK's local test mode: the node, its two accounts and the task's state on chain, all in memory. */
export class LocalWrapper extends NamespaceWrapper {
  protected readonly votesOnItself = true;

  readonly #state: TaskState = initialState();
  readonly #main = Keypair.generate();
  readonly #staking = stakingWallet();
  readonly #lists: Record<string, Record<string, Buffer>> = {};

  constructor() {
    super();
    this.testingTaskState = this.#state;
    this.testingMainSystemAccount = this.#main;
    this.testingStakingSystemAccount = this.#staking;
    this.testingDistributionList = this.#lists;
  }

  async defaultTaskSetup(): Promise<void> {}

  getTaskLevelDBPath(): Promise<string> {
    return Promise.resolve('./KOIIDB');
  }

  getBasePath(): Promise<string> {
    return Promise.resolve('./');
  }

  getSlot(): Promise<number> {
    return Promise.resolve(SLOT);
  }

  getAverageSlotTime(): Promise<number> {
    return Promise.resolve(SLOT_MS);
  }

  getRound(): Promise<number> {
    return Promise.resolve(1);
  }

  async getRpcUrl(): Promise<void> {}

  getMainAccountPubkey(): Promise<string> {
    return Promise.resolve(this.#main.publicKey.toBase58());
  }

  getSubmitterAccount(): Promise<Keypair> {
    return Promise.resolve(this.#staking);
  }

  getTaskState(): Promise<TaskState> {
    return Promise.resolve(this.#state);
  }

  getTaskSubmissionInfo(): Promise<TaskSubmissionState> {
    return Promise.resolve(this.#state);
  }

  getTaskDistributionInfo(): Promise<TaskDistributionInfo> {
    return Promise.resolve(this.#state);
  }

  checkSubmissionAndUpdateRound(submissionValue: string, round: number): Promise<void> {
    this.#submit(this.#state.submissions, { submission_value: submissionValue, slot: SLOT, round });
    return Promise.resolve();
  }

  auditSubmission(
    candidate: PublicKey,
    isValid: boolean,
    voter: Keypair,
    round: number,
  ): Promise<void> {
    this.#audit((this.#state.submissions_audit_trigger[round] ??= {}), candidate, isValid, voter);
    return Promise.resolve();
  }

  uploadDistributionList(list: Record<string, number>, round: number): Promise<boolean> {
    (this.#lists[round] ??= {})[this.#self] = Buffer.from(JSON.stringify(list));
    return Promise.resolve(true);
  }

  distributionListSubmissionOnChain(round: number): Promise<void> {
    this.#submit(this.#state.distribution_rewards_submission, {
      submission_value: this.#self,
      slot: LIST_SLOT,
      round,
    });
    return Promise.resolve();
  }

  /** There is only one maker here, so its key is ignored. */
  getDistributionList(_publicKey: string, round: number): Promise<Buffer | null> {
    return Promise.resolve(this.#lists[round]?.[this.#self] ?? null);
  }

  distributionListAuditSubmission(
    candidate: PublicKey,
    isValid: boolean,
    voter: Keypair,
    round: number,
  ): Promise<void> {
    this.#audit((this.#state.distributions_audit_trigger[round] ??= {}), candidate, isValid, voter);
    return Promise.resolve();
  }

  payoutTrigger(round: number): Promise<void> {
    const list = this.#lists[round]?.[this.#self];
    if (list)
      this.#state.available_balances = JSON.parse(list.toString()) as Record<string, number>;
    return Promise.resolve();
  }

  logger(level: LogLevel, message: string, action: string): Promise<boolean> {
    if (!Object.values(LogLevel).includes(level)) {
      console.log(`no log level: ${String(level)}; expected ${Object.values(LogLevel).join(', ')}`);
      return Promise.resolve(false);
    }
    console[level](message, action);
    return Promise.resolve(true);
  }

  fs(method: keyof typeof fsPromises, path: string, ...args: unknown[]): Promise<unknown> {
    const operation = fsPromises[method] as (...all: unknown[]) => Promise<unknown>;
    return operation(path, ...args);
  }

  fsStaking(method: keyof typeof fsPromises, path: string, ...args: unknown[]): Promise<unknown> {
    return this.fs(method, path, ...args);
  }

  verifySignature(
    signedMessage: string,
    pubKey: string,
  ): Promise<{ data?: string; error?: string }> {
    try {
      const message = openMessage(bs58.decode(signedMessage), new PublicKey(pubKey));
      return Promise.resolve(
        message ? { data: this.decodePayload(message) } : { error: 'Invalid signature' },
      );
    } catch (error) {
      return Promise.resolve({ error: `Verification failed: ${String(error)}` });
    }
  }

  protected signWithAccount(body: Record<string, unknown>): Promise<string> {
    return signJson(body, this.#main.secretKey);
  }

  get #self(): string {
    return this.#staking.publicKey.toBase58();
  }

  #submit(rounds: Record<string, Record<string, Submission>>, submission: Required<Submission>) {
    (rounds[submission.round] ??= {})[this.#self] = submission;
  }

  /** The first vote raises the audit but is not counted; later ones are. */
  #audit(
    audits: Record<string, AuditTriggerState>,
    candidate: PublicKey,
    isValid: boolean,
    voter: Keypair,
  ): void {
    const audit = audits[candidate.toBase58()];
    if (audit) audit.votes.push({ is_valid: isValid, voter: voter.publicKey, slot: SLOT });
    else
      audits[candidate.toBase58()] = {
        trigger_by: this.#staking.publicKey,
        slot: SLOT,
        votes: [],
      };
  }
}

/** STAKING_WALLET_PATH names a JSON array of the 64 secret key bytes; without it the wallet is a new one. */
function stakingWallet(): Keypair {
  const path = process.env['STAKING_WALLET_PATH'];
  if (!path) return Keypair.generate();
  return Keypair.fromSecretKey(Uint8Array.from(JSON.parse(readFileSync(path, 'utf8')) as number[]));
}

function initialState(): TaskState {
  return {
    task_id: '',
    task_name: 'DummyTestState',
    task_manager: '',
    is_allowlisted: false,
    is_active: false,
    task_audit_program: 'test',
    stake_pot_account: '',
    total_bounty_amount: 10_000_000_000,
    bounty_amount_per_round: 1_000_000_000,
    current_round: 0,
    available_balances: {},
    stake_list: {},
    task_metadata: 'test',
    task_description: 'Dummy Task state for testing flow',
    submissions: {},
    submissions_audit_trigger: {},
    total_stake_amount: 50_000_000_000,
    minimum_stake_amount: 5_000_000_000,
    ip_address_list: {},
    round_time: 600,
    starting_slot: 0,
    audit_window: 200,
    submission_window: 200,
    task_executable_network: 'IPFS',
    distribution_rewards_submission: {},
    distributions_audit_trigger: {},
    distributions_audit_record: {},
    task_vars: 'test',
    koii_vars: 'test',
    is_migrated: false,
    migrated_to: '',
    allowed_failed_distributions: 0,
  };
}
