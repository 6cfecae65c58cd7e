import type { TaskConfig } from './config';
import type { Audit } from './audits';
import type { PayoutStatus } from './distribution-lists';
import type { Ledger } from './ledger';

/** The ledger in the shapes in which K2's task account reaches a task. Keys are in ascending base58 order. */

interface SubmissionEntry {
  submission_value: string;
  slot: number;
  round: number;
}

interface AuditEntry {
  trigger_by: string;
  slot: number;
  votes: { is_valid: boolean; voter: string; slot: number }[];
}

type PerRound<Value> = Record<string, Record<string, Value>>;

export interface SubmissionInfo {
  submissions: PerRound<SubmissionEntry>;
  submissions_audit_trigger: PerRound<AuditEntry>;
}

export interface DistributionInfo {
  distribution_rewards_submission: PerRound<SubmissionEntry>;
  distributions_audit_trigger: PerRound<AuditEntry>;
  distributions_audit_record: Record<string, PayoutStatus>;
}

export interface TaskStateOptions {
  is_submission_required?: boolean;
  is_distribution_required?: boolean;
  is_available_balances_required?: boolean;
  is_stake_list_required?: boolean;
}

/** The submissions of one round and their audits; empty for a round that K2 no longer keeps. */
export function submissionInfo(ledger: Ledger, round: number): SubmissionInfo {
  return submissionsOf(ledger, [round]);
}

/** The distribution lists of one round, their audits and how the round ended. */
export function distributionInfo(ledger: Ledger, round: number): DistributionInfo {
  return distributionsOf(ledger, [round]);
}

/** The task account. Parts that the options don't ask for are empty. */
export function taskState(
  ledger: Ledger,
  task: { taskId: string; config: TaskConfig },
  options: TaskStateOptions,
): Record<string, unknown> {
  const { config, taskId } = task;
  const rounds = keptRounds(ledger);
  return {
    task_id: taskId,
    task_name: config.taskName,
    task_manager: taskId,
    is_allowlisted: true,
    is_active: true,
    task_audit_program: '',
    stake_pot_account: taskId,
    total_bounty_amount: config.totalBounty,
    bounty_amount_per_round: config.bountyPerRound,
    current_round: ledger.currentRound,
    task_metadata: '',
    task_description: config.description,
    total_stake_amount: [...ledger.stakes.values()].reduce((sum, stake) => sum + stake, 0),
    minimum_stake_amount: config.minimumStake,
    ip_address_list: {},
    round_time: config.roundTime,
    starting_slot: ledger.rules.startingSlot,
    audit_window: config.auditWindow,
    submission_window: config.submissionWindow,
    task_executable_network: 'IPFS',
    task_vars: '',
    koii_vars: '',
    is_migrated: ledger.migratedTo !== undefined,
    migrated_to: ledger.migratedTo ?? '',
    allowed_failed_distributions: config.allowedFailedDistributions,
    task_type: config.taskType,
    ...(config.tokenType === '' ? {} : { token_type: config.tokenType }),
    available_balances: options.is_available_balances_required ? sorted(ledger.balances) : {},
    stake_list: options.is_stake_list_required ? sorted(ledger.stakes) : {},
    ...submissionsOf(ledger, options.is_submission_required ? rounds : []),
    ...distributionsOf(ledger, options.is_distribution_required ? rounds : []),
  };
}

function submissionsOf(ledger: Ledger, rounds: readonly number[]): SubmissionInfo {
  const info: SubmissionInfo = { submissions: {}, submissions_audit_trigger: {} };
  for (const round of rounds) {
    const record = ledger.retains(round) ? ledger.record(round) : undefined;
    if (record === undefined) continue;
    setUnlessEmpty(info.submissions, round, record.submissions, ({ value, slot }) => ({
      submission_value: value,
      slot,
      round,
    }));
    setUnlessEmpty(info.submissions_audit_trigger, round, record.submissionAudits, auditEntry);
  }
  return info;
}

function distributionsOf(ledger: Ledger, rounds: readonly number[]): DistributionInfo {
  const info: DistributionInfo = {
    distribution_rewards_submission: {},
    distributions_audit_trigger: {},
    distributions_audit_record: {},
  };
  for (const round of rounds) {
    const record = ledger.retains(round) ? ledger.record(round) : undefined;
    if (record === undefined) continue;
    setUnlessEmpty(info.distribution_rewards_submission, round, record.lists, (list) => ({
      submission_value: list.account,
      slot: list.slot,
      round,
    }));
    setUnlessEmpty(info.distributions_audit_trigger, round, record.listAudits, auditEntry);
    if (record.lists.size > 0 || record.payoutStatus !== 'Uninitialized') {
      info.distributions_audit_record[round] = record.payoutStatus;
    }
  }
  return info;
}

function keptRounds(ledger: Ledger): number[] {
  const newest = ledger.currentRound;
  const oldest = Math.max(0, newest - ledger.rules.allowedFailedDistributions + 1);
  return Array.from({ length: newest - oldest + 1 }, (_, index) => oldest + index);
}

function setUnlessEmpty<Value, Entry>(
  target: PerRound<Entry>,
  round: number,
  values: ReadonlyMap<string, Value>,
  toEntry: (value: Value) => Entry,
): void {
  if (values.size > 0) target[round] = sorted(values, toEntry);
}

function auditEntry(audit: Audit): AuditEntry {
  return {
    trigger_by: audit.triggeredBy,
    slot: audit.slot,
    votes: audit.votes.map(({ isValid, voter, slot }) => ({ is_valid: isValid, voter, slot })),
  };
}

function sorted<Value>(values: ReadonlyMap<string, Value>): Record<string, Value>;
function sorted<Value, Entry>(
  values: ReadonlyMap<string, Value>,
  toEntry: (value: Value) => Entry,
): Record<string, Entry>;
function sorted(
  values: ReadonlyMap<string, unknown>,
  toEntry: (value: unknown) => unknown = (value) => value,
): Record<string, unknown> {
  const entries = [...values].map(([key, value]) => [key, toEntry(value)] as const);
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}
