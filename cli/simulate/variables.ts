import type { TaskConfig } from '../../simulator';
import { SETTING_NAMES } from '../../src/settings/schema';
import type { PlannedNode } from './cheaters';
import type { SimulateOptions } from './options';

/** The variables passed to the processes: those the deployment declares, and all that this repository's task reads. */
export function variableNames({ mining }: SimulateOptions, config: TaskConfig): readonly string[] {
  return mining ? [...SETTING_NAMES, ...config.variables] : config.variables;
}

/** Variables from this shell; each node has its own API, and one thread by default. */
export function taskVariables(
  names: readonly string[],
  apiPort: number,
  variables: PlannedNode['variables'],
): Record<string, string> {
  const wanted: NodeJS.ProcessEnv = {
    MINING_THREADS: '1',
    API_HOST: '127.0.0.1',
    ...process.env,
    ...variables,
    API_PORT: String(apiPort),
  };
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = wanted[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );
}
