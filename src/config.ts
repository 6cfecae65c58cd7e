import os from 'node:os';
import { z } from 'zod';
import { LOG_LEVELS } from './log';
import { MAX_THREADS } from './mining/engine';
import { BACKENDS } from './mining/kernel';
import { Schedule } from './mining/schedule';

const wholeNumber = (min: number, max: number) =>
  z
    .string()
    .regex(/^\d+$/)
    .transform(Number)
    .pipe(z.number().min(min).max(max))
    .describe(`a whole number from ${min} to ${max}`);

const oneOf = <const T extends readonly [string, ...string[]]>(values: T) =>
  z.enum(values).describe(`one of ${values.join(', ')}`);

/**
 * The operator's variables: their form, default and, in describe(), what is expected. The same names
 * and defaults stand in the README's table. A Koii node passes none of them, since config-task.yml
 * declares none. None touches consensus.
 */
const variables = {
  MINING_THREADS: wholeNumber(0, MAX_THREADS).default(0),
  MINING_BACKEND: oneOf(['auto', ...BACKENDS]).default('auto'),
  MINING_INTENSITY: wholeNumber(1, 100).default(100),
  MINING_SCHEDULE: z
    .string()
    .transform((text, context) => {
      try {
        return Schedule.parse(text);
      } catch {
        context.addIssue({ code: 'custom' });
        return z.NEVER;
      }
    })
    .describe('hours such as 22:00-07:00, several separated by commas')
    .default(() => Schedule.parse('')),
  MINING_SECONDS: wholeNumber(0, 86_400).default(0),
  API_HOST: z
    .string()
    .regex(/^[0-9A-Za-z.:_-]+$/)
    .describe('an IP address or host name')
    .default('127.0.0.1'),
  API_ALLOWED_HOSTS: z
    .string()
    .transform((text) => text.split(',').map((name) => name.trim()))
    .pipe(z.array(z.string().regex(/^[0-9A-Za-z._-]+$/)))
    .describe('host names separated by commas')
    .default([]),
  API_PORT: wholeNumber(1, 65_535).default(8080),
  API_RATE_LIMIT: wholeNumber(0, 1_000_000).default(1200),
  LOG_LEVEL: oneOf(LOG_LEVELS).default('info'),
};

/** Names of all variables the task reads. */
export const VARIABLE_NAMES = Object.keys(variables) as (keyof typeof variables)[];

export type Config = z.output<z.ZodObject<typeof variables>>;

/** A variable of the environment has a value that can't be used. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/** What may stand for a value that was not chosen, beside an empty one: forms ask for something. */
const NOT_CHOSEN = /^(none|default)?$/i;

/**
 * Reads the configuration. A variable that is missing, blank, `none` or `default` (in any letter case)
 * has its default.
 * @throws ConfigError that names the variable, what was expected and what came.
 */
export function loadConfig(env: Readonly<Record<string, string | undefined>>): Config {
  const problems: string[] = [];
  const entries = VARIABLE_NAMES.map((name) => {
    const text = env[name]?.trim() ?? '';
    const value = NOT_CHOSEN.test(text) ? undefined : text;
    const result = variables[name].safeParse(value);
    if (result.success) return [name, result.data] as const;
    problems.push(
      `${name}: expected ${variables[name].unwrap().description}, got ${JSON.stringify(value)}`,
    );
    return [name, undefined] as const;
  });
  if (problems.length > 0) throw new ConfigError(problems.join('\n'));
  return Object.fromEntries(entries) as Config;
}

/** Mining threads to start: as configured, or all cores but one. */
export function threadCount(config: Pick<Config, 'MINING_THREADS'>): number {
  return config.MINING_THREADS || Math.min(MAX_THREADS, Math.max(1, os.cpus().length - 1));
}
