import { createApi } from '../http/api';
import { listen } from '../http/listen';
import { app } from '../koii/app';
import { taskContext } from './context';

/** Serves the API on the side port, and on the SDK's app, which the node's tunnel makes public. */
export async function routes(): Promise<void> {
  const { config, log, miner } = await taskContext();
  app.use(createApi(miner));
  await listen(createApi(miner), config, log);
}
