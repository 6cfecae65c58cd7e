import { defaultsOf, readSetting, SETTINGS, type Config, type Table, type Values } from './schema';

export type Environment = Readonly<Record<string, string | undefined>>;

/** A variable of the environment has a value that can't be used. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/**
 * What the environment chooses. A variable that is missing, blank, `none` or `default` chooses nothing.
 * @throws ConfigError that names each variable with what was expected and what came.
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

/** What the environment chooses, and the defaults of the rest. @throws ConfigError as readEnvironment does. */
export function loadConfig(env: Environment): Config {
  return { ...defaultsOf(SETTINGS), ...readEnvironment(env) } as Config;
}
