import { loadConfig } from '../config';
import { chain } from '../koii/chain';
import { loadIdentity } from '../koii/identity';
import { openStore } from '../koii/store';
import { createLog } from '../log';
import { createNode, type MiningNode } from '../node';

let context: Promise<MiningNode> | undefined;

/** The node that the lifecycle functions of this process share, made by the first call. */
export function taskContext(): Promise<MiningNode> {
  context ??= createContext();
  return context;
}

async function createContext(): Promise<MiningNode> {
  const config = loadConfig(process.env);
  const log = createLog(config.LOG_LEVEL);
  const identity = await loadIdentity();
  const store = await openStore(log);
  return createNode({ config, log, identity, store, chain, sdk: 'koii' });
}
