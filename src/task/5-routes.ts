import { createApi, mountPublicApi } from '../http/api';
import { listen } from '../http/listen';
import { app } from '../koii/app';
import { taskContext } from './context';

/** Serves the API on the side port, and its public part on the SDK's app, behind the node's tunnel. */
export async function routes(): Promise<void> {
  const { config, log, services } = await taskContext();
  mountPublicApi(app, services, config.API_RATE_LIMIT);
  await listen(createApi(services, config.API_RATE_LIMIT), config, log);
}
