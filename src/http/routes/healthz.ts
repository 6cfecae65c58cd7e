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

/** What the owner allows, and whether there is a round to mine: no fault, whatever it is. */
export interface MiningState {
  state: GovernorState | 'waiting';
  /** The hours to mine in and their time zone; null for all. */
  schedule: string | null;
  /** When they next allow mining, or end it, ISO 8601; null where they don't, or the owner paused mining. */
  until: string | null;
}

/** /healthz: whether each component works. Not limited here: a watchdog must get its answer. */
export function addHealthz(
  router: Router,
  { miner, governor, metrics }: Pick<MiningNode, 'miner' | 'governor' | 'metrics'>,
  { isPublic }: Mount,
): void {
  // The hours and their zone tell where the owner lives and sleeps: no stranger is told.
  const report = () => ({
    ...health(miner, metrics),
    ...(!isPublic && { mining: miningState(miner, governor) }),
  });
  const get: RequestHandler = (_request, response) => {
    const body = report();
    response.status(body.status === 'healthy' ? 200 : 503);
    sendJson(response, body);
  };
  // Orca asks whether the container answers, no more.
  const post: RequestHandler = (_request, response) => sendJson(response, report());
  addResource(router, '/healthz', { get: [get], ...(!isPublic && { post: [post] }) });
}

/** The state of each component, as /healthz answers it. */
export function health(miner: Miner, metrics: Metrics): Health {
  const { miner: mines, shareCollection } = miner.healthy;
  const components = {
    miner: mines,
    metrics: metrics.healthy,
    // Whoever reads this was answered.
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
