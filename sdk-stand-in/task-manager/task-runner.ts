import type { NamespaceWrapper } from '../namespace-wrapper/namespace-wrapper';
import { payableList, sameList, submittersOf } from './distribution';
import type { TaskManager } from './task-manager';
import type { DistributionList } from './types';

const MAX_SUBMISSION_BYTES = 512;

/** Runs the task's functions for the steps of a round, each called by the node or by a test. */
export class TaskRunner {
  readonly #node: NamespaceWrapper;
  readonly #manager: TaskManager;

  constructor(node: NamespaceWrapper, manager: TaskManager) {
    this.#node = node;
    this.#manager = manager;
  }

  async task(round: number): Promise<void> {
    const { task } = await this.#manager.functions();
    await task(round);
  }

  /** Submits the task's value, unless it gives none, throws, or gives more than 512 bytes. */
  async submitTask(round: number): Promise<void> {
    try {
      const { submission } = await this.#manager.functions();
      const value = await submission(round);
      if (typeof value !== 'string') return;
      const bytes = Buffer.byteLength(value);
      if (bytes > MAX_SUBMISSION_BYTES) {
        throw new Error(`submission has ${bytes} bytes, more than ${MAX_SUBMISSION_BYTES}`);
      }
      await this.#node.checkSubmissionAndUpdateRound(value, round);
    } catch (error) {
      logFailure('submission', round, error);
    }
  }

  /** An audit that returns nothing counts as approval; one that throws casts no vote. */
  async auditTask(round: number): Promise<void> {
    const { audit } = await this.#manager.functions();
    await this.#node.validateAndVoteOnNodes(
      async (value, auditedRound, submitter) =>
        (await audit(value, auditedRound, submitter)) ?? true,
      round,
    );
  }

  async selectAndGenerateDistributionList(
    round: number,
    isPreviousRoundFailed = false,
  ): Promise<void> {
    await this.#node.selectAndGenerateDistributionList(
      (selectedRound) => this.submitDistributionList(selectedRound),
      round,
      isPreviousRoundFailed,
    );
  }

  async submitDistributionList(round: number): Promise<void> {
    try {
      const list = await this.#distributionList(round);
      if (!list) return;
      const uploaded = await this.#node.uploadDistributionList(list, round);
      if (uploaded) await this.#node.distributionListSubmissionOnChain(round);
    } catch (error) {
      logFailure('distribution list', round, error);
    }
  }

  async auditDistribution(round: number): Promise<void> {
    await this.#node.validateAndVoteOnDistributionList(
      (maker, auditedRound) => this.#agreesWith(maker, auditedRound),
      round,
    );
  }

  /** A node that can't make a list itself raises no objection. */
  async #agreesWith(maker: string, round: number): Promise<boolean> {
    try {
      const text = await this.#node.getDistributionList(maker, round);
      if (text === null) return false;
      const theirs = JSON.parse(text.toString()) as DistributionList;
      const ours = await this.#distributionList(round);
      return ours === null || sameList(theirs, ours);
    } catch (error) {
      logFailure('distribution audit', round, error);
      return false;
    }
  }

  /** The round's list by the task's own rules, or null if it has no entries or can't be made. */
  async #distributionList(round: number): Promise<DistributionList | null> {
    try {
      const info = await this.#node.getTaskSubmissionInfo(round);
      const state = await this.#node.getTaskState({ is_stake_list_required: true });
      if (!info?.submissions[round] || !state) return null;
      const submitters = submittersOf(info, state.stake_list, round);
      const bounty = state.bounty_amount_per_round;
      const { distribution } = await this.#manager.functions();
      const list = payableList(await distribution(submitters, bounty, round), submitters, bounty);
      return Object.keys(list).length > 0 ? list : null;
    } catch (error) {
      logFailure('distribution', round, error);
      return null;
    }
  }
}

function logFailure(step: string, round: number, error: unknown): void {
  console.error(`Koii SDK stand-in: ${step} of round ${round}:`, error);
}
