import { Router } from 'express';
import { createDashboard } from '../dashboard/dashboard';
import { createApi, mountPublicApi } from '../http/api';
import { CONTROL_TOKEN_FILE, openControlToken, tellAddress } from '../http/control-token';
import { faultLog } from '../http/errors';
import { PublicGuard } from '../http/public-guard';
import { listen } from '../http/server';
import { accountState, roundTimes } from '../koii/chain';
import { app, localTestMode, publicServer } from '../koii/sdk';
import { stop } from '../process/exit';
import { taskContext } from './context';

/** Created on import, before the first connection: the SDK is already listening. */
const guard = new PublicGuard(publicServer, app);

/** Serves the API and the dashboard on the side port, and what strangers may read on the SDK's app. */
export async function routes(): Promise<void> {
  const node = await taskContext();
  const { settings, log, metrics, webhooks } = node;
  const config = settings.current;
  guard.configure({
    requestsPerMinute: config.API_RATE_LIMIT,
    onRefused: (reason) => metrics.requestRefused(reason),
    onFault: faultLog(log),
  });
  mountPublicApi(app, node);
  const tokenFile = async (): Promise<string> => `${await node.locateStore()}${CONTROL_TOKEN_FILE}`;
  const token = await openControlToken(localTestMode ? undefined : tokenFile, log);
  const restart = localTestMode ? undefined : () => stop('the owner wants it started again');
  const owners = { settings, token, restart, webhooks };
  const self = node.miner.identity.publicKey;
  const dashboard = localTestMode
    ? createDashboard(node, owners)
    : createDashboard(node, owners, roundTimes, () => accountState(self));
  const { recounts, history } = node;
  const api = createApi(node, {
    requestsPerMinute: config.API_RATE_LIMIT,
    owners,
    ...(!localTestMode && {
      network: { recounts, recent: (limit: number) => history.rewards.recent(limit) },
    }),
  });
  const server = await listen(Router().use(dashboard, api), config, log);
  const address = server && tellAddress(server, token, log);
  if (address !== undefined) node.alarms.address(address);
  await node.stratum.open(config);
}
