import type { promises as fsPromises } from 'node:fs';
import bs58 from 'bs58';
import { type Keypair, PublicKey, signMessage } from './keypair';
import { selectListMaker } from './list-maker';
import { Store } from './store';
import type {
  AuditTriggerState,
  LogLevel,
  Submission,
  TaskDistributionInfo,
  TaskState,
  TaskStateOptions,
  TaskSubmissionState,
  TaskType,
} from './types';

const SAMPLED_SUBMISSIONS = 5;

/** True or false is a vote; throwing casts none. */
type Validate = (value: string, round: number, submitter: string) => Promise<boolean>;
type Vote = (
  candidate: PublicKey,
  isValid: boolean,
  voter: Keypair,
  round: number,
) => Promise<unknown>;

/**
 * The SDK's `namespaceWrapper`: a task's calls to its node, and the voting and list-making that every node does alike.
 * NodeWrapper asks the node that started the process, LocalWrapper plays the node in memory.
 */
export abstract class NamespaceWrapper {
  /** The local test mode's state of the task; null under a node. */
  testingTaskState: TaskState | null = null;
  testingMainSystemAccount: Keypair | null = null;
  testingStakingSystemAccount: Keypair | null = null;
  /** By round and maker, the JSON text of the list. */
  testingDistributionList: Record<string, Record<string, Buffer>> | null = null;

  readonly #store = new Store(() => this.getTaskLevelDBPath());

  /** A node never votes on its own work; the local test mode has no other to vote on. */
  protected abstract readonly votesOnItself: boolean;

  abstract defaultTaskSetup(): Promise<void>;
  abstract getTaskLevelDBPath(): Promise<string>;
  abstract getBasePath(): Promise<string>;
  abstract getSlot(): Promise<number>;
  abstract getAverageSlotTime(): Promise<number>;
  abstract getRound(): Promise<number>;
  abstract getRpcUrl(): Promise<string | void>;
  abstract getMainAccountPubkey(): Promise<string | null>;
  abstract getSubmitterAccount(taskType?: TaskType): Promise<Keypair | null>;

  abstract getTaskState(options: TaskStateOptions): Promise<TaskState | null>;
  abstract getTaskSubmissionInfo(round: number): Promise<TaskSubmissionState | null>;
  abstract getTaskDistributionInfo(round: number): Promise<TaskDistributionInfo | null>;
  abstract checkSubmissionAndUpdateRound(submissionValue: string, round: number): Promise<void>;
  abstract auditSubmission(
    candidatePubkey: PublicKey,
    isValid: boolean,
    voterKeypair: Keypair,
    round: number,
  ): Promise<void>;
  abstract uploadDistributionList(
    distributionList: Record<string, number>,
    round: number,
  ): Promise<boolean | null>;
  abstract distributionListSubmissionOnChain(round: number): Promise<void | string>;
  /** The JSON text of the list a maker uploaded; null if the node has none. */
  abstract getDistributionList(
    publicKey: string,
    round: number,
  ): Promise<{ toString(): string } | null>;
  abstract distributionListAuditSubmission(
    candidatePubkey: PublicKey,
    isValid: boolean,
    voterKeypair: Keypair,
    round: number,
  ): Promise<void>;
  abstract payoutTrigger(round: number): Promise<void>;

  abstract logger(level: LogLevel, message: string, action: string): Promise<boolean>;
  abstract fs(method: keyof typeof fsPromises, path: string, ...args: unknown[]): Promise<unknown>;
  abstract fsStaking(
    method: keyof typeof fsPromises,
    path: string,
    ...args: unknown[]
  ): Promise<unknown>;
  abstract verifySignature(
    signedMessage: string,
    pubKey: string,
  ): Promise<{ data?: string; error?: string }>;
  /** Signs with this node's own account if no key is given. */
  protected abstract signWithAccount(body: Record<string, unknown>): Promise<string | void>;

  /** The database behind storeGet and storeSet; its errors reach the caller. */
  getDb(): Promise<Store> {
    return Promise.resolve(this.#store);
  }

  /** The value last set under this key, or null if there is none or it can't be read. */
  async storeGet(key: string): Promise<string | null> {
    const document = await unlessFailed(() => this.#store.findOne({ key }));
    return document?.[key] ?? null;
  }

  async storeSet(key: string, value: string): Promise<void> {
    await unlessFailed(() => this.#store.update({ key }, { key, [key]: value }));
  }

  payloadSigning(
    body: Record<string, unknown>,
    privateKey: Uint8Array | null = null,
  ): Promise<string | void> {
    return privateKey ? signJson(body, privateKey) : this.signWithAccount(body);
  }

  bs58Encode(data: Uint8Array): Promise<string> {
    return Promise.resolve(bs58.encode(data));
  }

  async bs58Decode(data: string): Promise<Uint8Array> {
    return Promise.resolve(bs58.decode(data));
  }

  decodePayload(payload: Uint8Array): string {
    return new TextDecoder().decode(payload);
  }

  /** Votes on five random submissions of the round, or on all of them. */
  async validateAndVoteOnNodes(
    validate: Validate,
    round: number,
    useRandomSampling = true,
  ): Promise<void> {
    const info = await unlessFailed(() => this.getTaskSubmissionInfo(round));
    const submissions = info?.submissions[round];
    if (!submissions) return;
    const candidates = Object.keys(submissions);
    await this.#vote(round, {
      candidates: useRandomSampling ? sample(candidates, SAMPLED_SUBMISSIONS) : candidates,
      submissions,
      audits: info.submissions_audit_trigger[round],
      validate,
      vote: (...ballot) => this.auditSubmission(...ballot),
    });
  }

  /** Votes on every distribution list handed in for the round. */
  async validateAndVoteOnDistributionList(
    validateDistribution: Validate,
    round: number,
  ): Promise<void> {
    const info = await unlessFailed(() => this.getTaskDistributionInfo(round));
    const submissions = info?.distribution_rewards_submission[round];
    if (!submissions) return;
    await this.#vote(round, {
      candidates: Object.keys(submissions),
      submissions,
      audits: info.distributions_audit_trigger[round],
      validate: validateDistribution,
      vote: (...ballot) => this.distributionListAuditSubmission(...ballot),
    });
  }

  /** Public key of the node that has to make the round's distribution list; undefined or '' if there is none. */
  async nodeSelectionDistributionList(
    round: number,
    isPreviousFailed: boolean,
  ): Promise<string | void> {
    const submissions = await this.#submissionsOf(round);
    if (!submissions) return;
    const earlier = [round - 1, round - 2].filter((earlierRound) => earlierRound >= 0);
    return selectListMaker({
      submissions,
      earlierSubmitters: await Promise.all(
        earlier.map(async (r) => new Set(Object.keys((await this.#submissionsOf(r)) ?? {}))),
      ),
      failedMakers: await this.#failedMakers(round),
      previousRoundFailed: isPreviousFailed,
    });
  }

  /** Has the list made if this node is selected, and triggers the payout when the windows are over. */
  async selectAndGenerateDistributionList(
    submitDistributionList: (round: number) => Promise<void>,
    round: number,
    isPreviousRoundFailed: boolean,
  ): Promise<void> {
    const maker = await this.nodeSelectionDistributionList(round, isPreviousRoundFailed);
    const submitter = await this.getSubmitterAccount();
    if (!maker || maker !== submitter?.publicKey.toBase58()) return;

    await submitDistributionList(round);
    const state = await this.getTaskState({});
    const slotMs = await this.getAverageSlotTime();
    if (!state) return;
    const windowsMs = (state.audit_window + state.submission_window) * slotMs;
    setTimeout(() => void this.payoutTrigger(round), windowsMs).unref();
  }

  async #submissionsOf(round: number): Promise<Record<string, Submission> | undefined> {
    const info = await unlessFailed(() => this.getTaskSubmissionInfo(round));
    return info?.submissions[round];
  }

  async #failedMakers(round: number): Promise<string[]> {
    const info = await unlessFailed(() => this.getTaskDistributionInfo(round));
    if (info?.distributions_audit_record?.[round] !== 'PayoutFailed') return [];
    return Object.keys(info.distribution_rewards_submission[round] ?? {});
  }

  async #vote(round: number, ballot: Ballot): Promise<void> {
    const voter = await this.getSubmitterAccount();
    if (!voter) throw new Error('no submitter account to vote with');
    const self = voter.publicKey.toBase58();
    for (const candidate of ballot.candidates) {
      if (candidate === self && !this.votesOnItself) continue;
      const value = ballot.submissions[candidate]?.submission_value ?? '';
      try {
        const isValid = await ballot.validate(value, round, candidate);
        // Nobody has raised an audit, and neither does this node: silence is consent.
        if (isValid && !ballot.audits?.[candidate]) continue;
        await ballot.vote(new PublicKey(candidate), isValid, voter, round);
      } catch (error) {
        console.error(`Koii SDK stand-in: no vote on ${candidate} in round ${round}:`, error);
      }
    }
  }
}

interface Ballot {
  candidates: string[];
  submissions: Record<string, Submission>;
  /** Audits already raised, by candidate. */
  audits: Record<string, AuditTriggerState> | undefined;
  validate: Validate;
  vote: Vote;
}

/** NaCl's signed message over the JSON text, in base58. */
export function signJson(body: Record<string, unknown>, secretKey: Uint8Array): Promise<string> {
  const message = new TextEncoder().encode(JSON.stringify(body));
  return Promise.resolve(bs58.encode(signMessage(message, secretKey)));
}

async function unlessFailed<T>(ask: () => Promise<T>): Promise<T | null> {
  try {
    return await ask();
  } catch (error) {
    console.error('Koii SDK stand-in:', error);
    return null;
  }
}

/** Up to `count` different elements, at random. */
function sample<T>(elements: readonly T[], count: number): T[] {
  const rest = [...elements];
  const chosen: T[] = [];
  while (chosen.length < count && rest.length > 0) {
    chosen.push(...rest.splice(Math.floor(Math.random() * rest.length), 1));
  }
  return chosen;
}
