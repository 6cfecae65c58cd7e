import type { BitcoinNetworkName } from '../bitcoin/address';
import { BITCOIN_NETWORK } from '../consensus';
import { BACKENDS } from '../mining/kernels/kernel';
import { Schedule } from '../mining/schedule';
import { usableCpus } from '../process/cpus';
import { LOG_LEVELS } from '../process/log';
import {
  host,
  hosts,
  oneOf,
  password,
  path,
  payoutAddress,
  percent,
  rpcUrls,
  schedule,
  webhookUrls,
  wholeNumber,
  type Kind,
} from './kinds';

// What the owner may choose: the table of settings, and how a written value is read, in the environment and elsewhere.

/** When a change made while the task runs takes effect. */
export type Acts = 'at once' | 'next round' | 'restart';

/** One thing the owner may choose. */
export interface Setting<T = unknown> extends Kind<T> {
  byDefault: T;
  acts: Acts;
  /** For people, next to `expected`. */
  meaning: string;
  /** Whether it can be written but is never shown. */
  secret?: boolean;
}

export type Table = Readonly<Record<string, Setting>>;

const setting = <T>(
  kind: Kind<T>,
  choice: Omit<Setting<NoInfer<T>>, keyof Kind<T>>,
): Setting<T> => ({
  ...kind,
  ...choice,
});

/** As many as the engine can run; a test keeps the two limits equal. */
const MAX_THREADS = 256;

/**
 * Everything the owner may choose, by the name of its environment variable. The environment, the stored settings and
 * the page's form are read by this table, and the README's table repeats it. Nothing here touches consensus. A Koii
 * node passes no variables, since config-task.yml declares none.
 */
export const settingsFor = (network: BitcoinNetworkName) => ({
  MINING_THREADS: setting(wholeNumber(0, MAX_THREADS), {
    byDefault: 0,
    acts: 'next round',
    meaning: 'Mining threads; 0 is one less than the processors it may use, at least 1',
  }),
  MINING_BACKEND: setting(oneOf(['auto', ...BACKENDS]), {
    byDefault: 'auto',
    acts: 'next round',
    meaning: 'Hash loop; auto is the fastest that works',
  }),
  MINING_INTENSITY: setting(percent(1), {
    byDefault: 100,
    acts: 'at once',
    meaning: "Percent of each thread's time to hash",
  }),
  MINING_SCHEDULE: setting(schedule, {
    byDefault: Schedule.parse(''),
    acts: 'at once',
    meaning: "Hours of the day to mine in, by the named time zone or the machine's; none is always",
  }),
  MINING_SECONDS: setting(wholeNumber(0, 86_400), {
    byDefault: 0,
    acts: 'next round',
    meaning:
      'Seconds to mine in each round; 0 mines to its end, or 10 s in the local test mode of the SDK',
  }),
  WORK_SOURCE: setting(oneOf(['auto', 'koii', 'bitcoin']), {
    byDefault: 'auto',
    acts: 'next round',
    meaning:
      'What is mined: real Bitcoin blocks, or headers of the task alone; auto is bitcoin while its node answers',
  }),
  BITCOIN_RPC_URL: setting(rpcUrls, {
    byDefault: '',
    acts: 'restart',
    meaning: 'Your Bitcoin nodes, to mine real blocks; none is work source koii',
    secret: true,
  }),
  BITCOIN_COOKIE_FILE: setting(path, {
    byDefault: '',
    acts: 'restart',
    meaning: "The Bitcoin node's cookie file, in place of user and password in the URL",
  }),
  PAYOUT_ADDRESS: setting(payoutAddress(network), {
    byDefault: '',
    acts: 'next round',
    meaning: 'Your address that Bitcoin blocks pay; it stands on chain in each proof',
  }),
  API_HOST: setting(host, {
    byDefault: '127.0.0.1',
    acts: 'restart',
    meaning: 'What the HTTP API and the dashboard listen on; 0.0.0.0 lets the LAN in',
  }),
  API_ALLOWED_HOSTS: setting(hosts, {
    byDefault: [],
    acts: 'restart',
    meaning: 'Further names that the HTTP API answers to, as it does to IP addresses',
  }),
  API_PORT: setting(wholeNumber(1, 65_535), {
    byDefault: 8080,
    acts: 'restart',
    meaning: 'First port tried for the HTTP API; the next free one of twenty is taken',
  }),
  API_RATE_LIMIT: setting(wholeNumber(0, 1_000_000), {
    byDefault: 1200,
    acts: 'restart',
    meaning: 'Requests a minute from one address, ten times as many for shares; 0 is no limit',
  }),
  STRATUM_HOST: setting(host, {
    byDefault: '127.0.0.1',
    acts: 'restart',
    meaning: 'What the Stratum server listens on; 0.0.0.0 lets miners of the LAN in',
  }),
  STRATUM_PORT: setting(wholeNumber(0, 65_535), {
    byDefault: 3333,
    acts: 'restart',
    meaning: 'First port tried for Stratum; the next free one of twenty is taken; 0 is no Stratum',
  }),
  STRATUM_PASSWORD: setting(password, {
    byDefault: '',
    acts: 'restart',
    meaning: 'What miners must have among the items of their password; none lets all in',
    secret: true,
  }),
  STRATUM_MAX_CONNECTIONS: setting(wholeNumber(1, 16_384), {
    byDefault: 1024,
    acts: 'restart',
    meaning: 'Stratum connections at a time',
  }),
  STRATUM_TLS_CERT: setting(path, {
    byDefault: '',
    acts: 'restart',
    meaning: 'File with the certificate (PEM) for Stratum over TLS; none is Stratum as it is',
  }),
  STRATUM_TLS_KEY: setting(path, {
    byDefault: '',
    acts: 'restart',
    meaning: "File with the certificate's private key (PEM)",
  }),
  NOTIFY_URL: setting(webhookUrls, {
    byDefault: '',
    acts: 'at once',
    meaning: 'Where what you must know is told besides, such as ntfy, Discord or Slack',
    secret: true,
  }),
  LOG_LEVEL: setting(oneOf(LOG_LEVELS), {
    byDefault: 'info',
    acts: 'at once',
    meaning: 'Least level logged',
  }),
});

/** Those of this bundle. */
export const SETTINGS = settingsFor(BITCOIN_NETWORK) satisfies Table;

export type SettingName = keyof typeof SETTINGS;
export const SETTING_NAMES = Object.keys(SETTINGS) as SettingName[];

/** A value for each setting. */
export type Config = { [Name in SettingName]: (typeof SETTINGS)[Name]['byDefault'] };

/** Values by the name of their setting. */
export type Values = Readonly<Record<string, unknown>>;

export function defaultsOf(table: Table): Values {
  return Object.fromEntries(
    Object.entries(table).map(([name, { byDefault }]) => [name, byDefault]),
  );
}

/** Besides an empty value, these words choose nothing: some forms insist on an entry. */
const NOT_CHOSEN = /^(none|default)?$/i;

/** How much of an unusable value is quoted, in characters. */
const MAX_QUOTED = 80;

/** What a written value comes to: a value, no choice, or a problem. */
export type Reading<T> = { chosen: true; value: T } | { chosen: false } | { problem: string };

/**
 * Reads what somebody wrote for a setting. A missing or blank value, `none` and `default` (in any case) choose nothing;
 * a number is read as its text.
 */
export function readSetting<T>(of: Setting<T>, written: unknown): Reading<T> {
  const text = typeof written === 'number' ? String(written) : (written ?? '');
  if (typeof text === 'string') {
    const trimmed = text.trim();
    if (NOT_CHOSEN.test(trimmed)) return { chosen: false };
    const result = of.schema.safeParse(trimmed);
    if (result.success) return { chosen: true, value: result.data };
    const [issue] = result.error.issues;
    if (issue?.code === 'custom' && issue.params) return { problem: String(issue.params.problem) };
  }
  const got = of.secret ? 'something else' : JSON.stringify(written).slice(0, MAX_QUOTED);
  return { problem: `expected ${of.expected}, got ${got}` };
}

export type Environment = Readonly<Record<string, string | undefined>>;

/** An environment variable has a value that can't be used. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/**
 * What the environment chooses. A variable that is missing, blank, `none` or `default` chooses nothing.
 * @throws ConfigError that names each bad variable, with what was expected and what was given.
 */
export function readEnvironment(env: Environment, table: Table = SETTINGS): Values {
  const chosen: Record<string, unknown> = {};
  const problems: string[] = [];
  for (const [name, setting] of Object.entries(table)) {
    const read = readSetting(setting, env[name]);
    if ('problem' in read) problems.push(`${name}: ${read.problem}`);
    else if (read.chosen) chosen[name] = read.value;
  }
  if (problems.length > 0) throw new ConfigError(problems.join('\n'));
  return chosen;
}

/** What the environment chooses, with defaults for the rest. @throws ConfigError as readEnvironment does. */
export function loadConfig(env: Environment, table: Table = SETTINGS): Config {
  return { ...defaultsOf(table), ...readEnvironment(env, table) } as Config;
}

/**
 * Mining threads to start: as chosen, or one less than the processors this process may use, since its other work needs
 * time too.
 * @param cpus processors' worth of time, above 0. A fraction of one is enough for the other work: with 1.1 and one
 *   thread answers come about as fast as with 2 (measured). Once a quota is used up, the kernel stops the whole process
 *   for the rest of each tenth of a second
 */
export function threadCount(
  { MINING_THREADS }: Pick<Config, 'MINING_THREADS'>,
  cpus = usableCpus(),
): number {
  return MINING_THREADS || Math.min(MAX_THREADS, Math.max(1, Math.ceil(cpus) - 1));
}
