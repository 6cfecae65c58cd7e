import { freePorts } from '../../simulator';
import type { PlannedNode } from './cheaters';
import type { SimulateOptions } from './options';
import { successivePorts } from './before-run';
import type { NodePorts } from './variables';

/** What is listened with, and what chooses where. */
interface Listening {
  readonly option: string;
  readonly first: number | undefined;
  readonly portVariable: string;
  readonly hostVariable: string;
}

/**
 * The ports of each node: free ones, or those asked for.
 * @param names of the variables that the tasks are passed
 * @throws Error when those asked for can't be had, or the tasks would not be told of them
 */
export async function nodePorts(
  { apiPort, stratumPort }: Pick<SimulateOptions, 'apiPort' | 'stratumPort'>,
  plan: readonly Pick<PlannedNode, 'name'>[],
  names: readonly string[],
): Promise<NodePorts[]> {
  const api = await portsOf(plan, names, {
    option: '--api-port',
    first: apiPort,
    portVariable: 'API_PORT',
    hostVariable: 'API_HOST',
  });
  const stratum = await portsOf(plan, names, {
    option: '--stratum-port',
    first: stratumPort,
    portVariable: 'STRATUM_PORT',
    hostVariable: 'STRATUM_HOST',
  });
  const both = stratum.find((port) => api.includes(port));
  if (both !== undefined) {
    throw new Error(`port ${both} can't be that of an API and of Stratum`);
  }
  return api.map((port, index) => ({ api: port, stratum: stratum[index]! }));
}

async function portsOf(
  plan: readonly Pick<PlannedNode, 'name'>[],
  names: readonly string[],
  { option, first, portVariable, hostVariable }: Listening,
): Promise<number[]> {
  if (first === undefined) return freePorts(plan.length);
  if (!names.includes(portVariable)) {
    throw new Error(
      `${option} ${first}: the task would not be told, its deployment declares no ${portVariable}`,
    );
  }
  return successivePorts(
    option,
    first,
    plan.map(({ name }) => name),
    process.env[hostVariable] || '127.0.0.1',
  );
}
