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
