import type { Attempt } from '../work/attempt';
import type { Backend } from './kernel';
import type { AddonSource } from './kernels/addon-files';
import type { TellLevel } from './kernels';
import type { SearchSpace } from './search';

/** What a mining thread is started with. */
export interface ThreadData {
  backend: 'auto' | Backend;
  /** The ring that it writes its messages to. */
  ring: SharedArrayBuffer;
  /** Native code, which only the main thread knows where to find. */
  addons: readonly AddonSource[];
}

/** From the engine to a thread. */
export type ToThread =
  | { type: 'search'; job: number; space: SearchSpace; target: bigint }
  | { type: 'target'; target: bigint }
  /** Percent of the time to hash, 0..100; 0 pauses. */
  | { type: 'intensity'; percent: number }
  | { type: 'stop' };

/**
 * From a thread to the engine. A job's hashes count from its start; notes tell why other backends are
 * not used, each beginning with a backend's name.
 */
export type FromThread =
  | { type: 'ready'; backend: Backend; notes: string[] }
  | { type: 'log'; level: TellLevel; message: string }
  | { type: 'found'; job: number; attempts: Attempt[] }
  | { type: 'progress'; job: number; hashes: number; extranonce2: number }
  | { type: 'stopped'; job: number; hashes: number };
