import type { TaskConfig } from '../../simulator';
import { SETTING_NAMES } from '../../src/settings/schema';
import type { PlannedNode } from './cheaters';
import type { SimulateOptions } from './options';

/** The variables passed to the processes: those the deployment declares, and all that this repository's task reads. */
export function variableNames({ mining }: SimulateOptions, config: TaskConfig): readonly string[] {
  return mining ? [...SETTING_NAMES, ...config.variables] : config.variables;
}

/** Where a node listens. */
export interface NodePorts {
  readonly api: number;
  /** 0 is no Stratum. */
  readonly stratum: number;
}

/** Variables from this shell; each node has ports of its own, and one thread by default. */
export function taskVariables(
  names: readonly string[],
  ports: NodePorts,
  variables: PlannedNode['variables'],
): Record<string, string> {
  const wanted: NodeJS.ProcessEnv = {
    MINING_THREADS: '1',
    API_HOST: '127.0.0.1',
    ...process.env,
    ...variables,
    API_PORT: String(ports.api),
    STRATUM_PORT: String(ports.stratum),
  };
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = wanted[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );
}
