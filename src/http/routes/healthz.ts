import type { RequestHandler, Router } from 'express';
import type { Metrics } from '../../metrics/metrics';
import type { Governor, GovernorState } from '../../mining/governor';
import type { MiningNode } from '../../node';
import type { Miner } from '../../rounds/miner';
import { addResource, sendJson, type Mount } from '../resource';

export interface Health {
  status: 'healthy' | 'degraded';
  components: Record<'miner' | 'metrics' | 'api' | 'share_collection', boolean>;
  /** Seconds since the process started. */
  uptime: number;
}

/** What the owner allows, and whether there is a round to mine. None of it is a fault. */
export interface MiningState {
  state: GovernorState | 'waiting';
  /** The hours to mine in, with their time zone; null for all hours. */
  schedule: string | null;
  /** When these hours next begin or end, ISO 8601; null if they never do, or the owner paused mining. */
  until: string | null;
}

/** /healthz: whether each component works. Not rate-limited: a watchdog must get its answer. */
export function addHealthz(
  router: Router,
  { miner, governor, metrics }: Pick<MiningNode, 'miner' | 'governor' | 'metrics'>,
  { isPublic }: Mount,
): void {
  // Strangers aren't told the hours and their zone, which say where the owner lives and when they sleep.
  const report = () => ({
    ...health(miner, metrics),
    ...(!isPublic && { mining: miningState(miner, governor) }),
  });
  const get: RequestHandler = (_request, response) => {
    const body = report();
    response.status(body.status === 'healthy' ? 200 : 503);
    sendJson(response, body);
  };
  // Orca only asks whether the container answers, so this is always 200.
  const post: RequestHandler = (_request, response) => sendJson(response, report());
  addResource(router, '/healthz', { get: [get], ...(!isPublic && { post: [post] }) });
}

/** The state of each component. */
export function health(miner: Miner, metrics: Metrics): Health {
  const { miner: mines, shareCollection } = miner.healthy;
  const components = {
    miner: mines,
    metrics: metrics.healthy,
    // It has just answered.
    api: true,
    share_collection: shareCollection,
  };
  const healthy = Object.values(components).every(Boolean);
  return {
    status: healthy ? 'healthy' : 'degraded',
    components,
    uptime: Math.floor(process.uptime()),
  };
}

export function miningState(miner: Miner, governor: Pick<Governor, 'standing'>): MiningState {
  const { state, schedule, until } = governor.standing;
  const { ranges, clock } = schedule;
  return {
    state: state === 'mining' && miner.miningRound === undefined ? 'waiting' : state,
    schedule: ranges === '' ? null : `${ranges} ${clock.zone}`,
    until: until?.toISOString() ?? null,
  };
}
