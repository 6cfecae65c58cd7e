import { freePorts, readTaskConfig, type NetworkOptions } from '../../simulator';
import { miningInspector } from '../simulate/inspector';

/** A network of the deployed task, without an end, that leaves the machine capacity for the attacks or measurements. */
export async function soakNetworkOptions(
  of: Pick<NetworkOptions, 'nodes' | 'roundSeconds' | 'seed' | 'directory'>,
): Promise<NetworkOptions> {
  const ports = await freePorts(of.nodes);
  return {
    ...of,
    task: 'dist/main.js',
    config: readTaskConfig('config-task.yml'),
    rounds: 0,
    env: (index) => ({
      MINING_THREADS: '1',
      MINING_INTENSITY: '25',
      API_PORT: String(ports[index]),
      STRATUM_PORT: '0',
    }),
    inspector: miningInspector,
  };
}
