import { ConfigError, loadConfig } from '../../src/config';
import { createApi } from '../../src/http/api';
import { listen } from '../../src/http/listen';
import { createLog } from '../../src/log';
import { createNode } from '../../src/node';
import { stopWithTheProcess } from '../../src/task/shutdown';
import { loadEnvironment } from './environment';
import { FileStore } from './file-store';
import { GivenSubmissions, StandaloneRounds } from './standalone-rounds';

async function main(): Promise<void> {
  const config = loadConfig(process.env);
  const { identity, directory } = loadEnvironment(process.env);
  const log = createLog(config.LOG_LEVEL);
  const store = await FileStore.open(directory);
  const chain = new GivenSubmissions();
  const node = await createNode({
    ...{ config, log, identity, store, chain },
    sdk: 'none',
  });
  stopWithTheProcess(node.miner, node.engine, log);
  log.info(`state in ${directory}`);

  const rounds = new StandaloneRounds(node, chain, store);
  await rounds.resume();
  const services = {
    ...node.services,
    rounds,
    // Where no Koii node asks for audits, this is where they are asked for.
    audit: (...of: Parameters<typeof node.services.audit>) =>
      node.metrics.audited(node.services.audit(...of)),
  };
  const server = await listen(createApi(services, config.API_RATE_LIMIT), config, log);
  if (!server) process.exit(1);
}

main().catch((error: unknown) => {
  console.error(error instanceof ConfigError ? error.message : error);
  process.exit(1);
});
