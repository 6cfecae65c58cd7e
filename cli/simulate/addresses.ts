import type { SimulatedNode } from '../../simulator';
import { originOf, reachableName } from '../../src/http/access';

/** As a task tells its owner of its page: with the token of the controls. */
const DASHBOARD = /https?:\/\/\S+\/\?token=[0-9a-f]+/;

/** The address of a dashboard, with its token, in what a task told its owner; undefined where there is none. */
export function dashboardIn(message: string): string | undefined {
  return DASHBOARD.exec(message)?.[0];
}

/**
 * The origin of a node's API: where the node said that it listens, which need not be where it was told to; before that, and
 * where nobody is told, by its variables. Undefined where they don't say it.
 */
export function apiOf({
  notices,
  env,
}: Pick<SimulatedNode, 'notices' | 'env'>): string | undefined {
  for (let i = notices.length - 1; i >= 0; i--) {
    const address = dashboardIn(notices[i]!.message);
    if (address !== undefined) return new URL(address).origin;
  }
  const { API_HOST: host = '127.0.0.1', API_PORT: port } = env;
  if (port === undefined) return undefined;
  return originOf(reachableName(host), port);
}
