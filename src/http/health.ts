import type { Governor, GovernorState } from '../mining/governor';
import type { Miner } from '../rounds/miner';
import type { Metrics } from './metrics/metrics';

export interface Health {
  status: 'healthy' | 'degraded';
  components: Record<'miner' | 'metrics' | 'api' | 'share_collection', boolean>;
  /** Seconds since the process started. */
  uptime: number;
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

/** What the owner allows, and whether there is a round to mine: no fault, whatever it is. */
export interface MiningState {
  state: GovernorState | 'waiting';
  /** The hours to mine in and their time zone; null for all. */
  schedule: string | null;
  /** When they next allow mining, or end it, ISO 8601; null where they don't, or the owner paused mining. */
  until: string | null;
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
