import type { PublicKey } from './keypair';

/** Amounts of KOII and KPL are integers in ROE, 1e-9 of a token. */
type Roe = number;

/** What the node keeps of one round, by the submitter's base58 public key. */
type PerRound<T> = Record<string, Record<string, T>>;

export interface Submission {
  submission_value: string;
  slot: number;
  round?: number;
}

export interface AuditTriggerState {
  trigger_by: PublicKey;
  slot: number;
  votes: { is_valid: boolean; voter: PublicKey; slot: number }[];
}

export interface TaskSubmissionState {
  submissions: PerRound<Submission>;
  submissions_audit_trigger: PerRound<AuditTriggerState>;
}

export interface TaskDistributionInfo {
  distribution_rewards_submission: PerRound<Submission>;
  distributions_audit_trigger: PerRound<AuditTriggerState>;
  distributions_audit_record: Record<string, 'Uninitialized' | 'PayoutSuccessful' | 'PayoutFailed'>;
}

export interface TaskState extends TaskSubmissionState, TaskDistributionInfo {
  task_id: string;
  task_name: string;
  task_manager: PublicKey | string;
  is_allowlisted: boolean;
  is_active: boolean;
  task_audit_program: string;
  stake_pot_account: PublicKey | string;
  total_bounty_amount: Roe;
  bounty_amount_per_round: Roe;
  current_round: number;
  available_balances: Record<string, Roe>;
  stake_list: Record<string, Roe>;
  task_metadata: string;
  task_description: string;
  total_stake_amount: Roe;
  minimum_stake_amount: Roe;
  ip_address_list: Record<string, string>;
  /** Windows and rounds are counted in slots of about 408 ms. */
  round_time: number;
  starting_slot: number;
  audit_window: number;
  submission_window: number;
  task_executable_network: 'IPFS' | 'ARWEAVE';
  task_vars: string;
  koii_vars: string;
  is_migrated: boolean;
  migrated_to: string;
  allowed_failed_distributions: number;
}

/** Which of the large maps the node includes in a task state. */
export interface TaskStateOptions {
  is_submission_required?: boolean;
  is_distribution_required?: boolean;
  is_available_balances_required?: boolean;
  is_stake_list_required?: boolean;
}

export type TaskType = 'KOII' | 'KPL';

export enum LogLevel {
  Log = 'log',
  Warn = 'warn',
  Error = 'error',
}
