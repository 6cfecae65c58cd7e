import { Router } from 'express';
import { createDashboard } from '../dashboard/dashboard';
import { createApi, mountPublicApi } from '../http/api';
import { listen } from '../http/listen';
import { app } from '../koii/app';
import { localTestMode } from '../koii/identity';
import { roundTimes } from '../koii/round-times';
import { taskContext } from './context';

/** Serves the API and the dashboard on the side port, and the API's public part on the SDK's app, behind the node's tunnel. */
export async function routes(): Promise<void> {
  const node = await taskContext();
  const { config, log, services } = node;
  mountPublicApi(app, services, config.API_RATE_LIMIT);
  const dashboard = createDashboard(node, localTestMode ? undefined : roundTimes);
  const api = createApi(services, config.API_RATE_LIMIT);
  await listen(Router().use(dashboard, api), config, log);
}
