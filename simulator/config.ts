import { readFileSync } from 'node:fs';

import { parse } from 'yaml';
import { z } from 'zod';

/** ROE in one token, KOII and KPL alike. */
export const ROE_PER_TOKEN = 1e9;

/** What the simulator needs of a task's config-task.yml. Windows and times in slots, amounts in ROE. */
export interface TaskConfig {
  readonly taskName: string;
  readonly description: string;
  readonly taskType: 'KOII' | 'KPL';
  readonly tokenType: string;
  readonly roundTime: number;
  readonly submissionWindow: number;
  readonly auditWindow: number;
  readonly minimumStake: number;
  readonly totalBounty: number;
  readonly bountyPerRound: number;
  readonly allowedFailedDistributions: number;
  /** Names of the TASK_VARIABLE and GLOBAL_VARIABLE tags: all that a real operator can and must set (pairing.ts). */
  readonly variables: readonly string[];
}

const VARIABLE_TAGS = ['TASK_VARIABLE', 'GLOBAL_VARIABLE'];

const slots = z.number().int().positive();
const tokens = z
  .number()
  .positive()
  .max(Number.MAX_SAFE_INTEGER / ROE_PER_TOKEN);

const schema = z
  .object({
    task_name: z.string().min(1),
    description: z.string().default(''),
    task_type: z.enum(['KOII', 'KPL']).default('KOII'),
    token_type: z.string().nullish(),
    round_time: slots,
    submission_window: slots,
    audit_window: slots,
    minimum_stake_amount: tokens,
    total_bounty_amount: tokens,
    bounty_amount_per_round: tokens,
    allowed_failed_distributions: z.number().int().positive(),
    requirementsTags: z
      .array(z.object({ type: z.string(), value: z.string().optional() }))
      .default([]),
  })
  .refine((task) => task.submission_window + task.audit_window <= task.round_time, {
    path: ['round_time'],
    error: 'expected at least submission_window + audit_window',
  })
  .refine((task) => task.bounty_amount_per_round <= task.total_bounty_amount, {
    path: ['bounty_amount_per_round'],
    error: 'expected at most total_bounty_amount',
  });

/** A config-task.yml that can't be used; the message names the file, and for each bad field what was expected. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/**
 * Reads the text of a config-task.yml.
 * @param source where the text comes from, for messages
 * @throws ConfigError that names every field at fault
 */
export function parseTaskConfig(text: string, source = 'config-task.yml'): TaskConfig {
  let document: unknown;
  try {
    document = parse(text);
  } catch (error) {
    throw new ConfigError(`${source}: not YAML: ${(error as Error).message}`, { cause: error });
  }
  const result = schema.safeParse(document);
  if (!result.success) {
    const faults = result.error.issues.map(
      ({ path, message }) => `  ${path.join('.') || '(document)'}: ${message}`,
    );
    throw new ConfigError([`${source} can't be used:`, ...faults].join('\n'));
  }
  const task = result.data;
  return {
    taskName: task.task_name,
    description: task.description,
    taskType: task.task_type,
    tokenType: task.token_type ?? '',
    roundTime: task.round_time,
    submissionWindow: task.submission_window,
    auditWindow: task.audit_window,
    minimumStake: roe(task.minimum_stake_amount),
    totalBounty: roe(task.total_bounty_amount),
    bountyPerRound: roe(task.bounty_amount_per_round),
    allowedFailedDistributions: task.allowed_failed_distributions,
    variables: task.requirementsTags.flatMap(({ type, value }) =>
      VARIABLE_TAGS.includes(type) && value !== undefined ? [value] : [],
    ),
  };
}

/** Reads a config-task.yml from disk. Throws ConfigError, also when the file can't be read. */
export function readTaskConfig(path: string): TaskConfig {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new ConfigError(`${path} can't be read: ${(error as Error).message}`, { cause: error });
  }
  return parseTaskConfig(text, path);
}

function roe(amount: number): number {
  return Math.round(amount * ROE_PER_TOKEN);
}
