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

/** From the engine to a thread. A search ends the one before; each has a number of its own, its order's. */
export type ToThread =
  | { type: 'search'; order: number; space: SearchSpace; target: bigint }
  | { type: 'target'; target: bigint }
  /** Percent of the time to hash, 0..100; 0 pauses. */
  | { type: 'intensity'; percent: number }
  | { type: 'stop' };

/**
 * From a thread to the engine. An order's hashes count from its start, and it has stopped once, whatever ended it;
 * notes tell why other backends are not used, each beginning with a backend's name.
 */
export type FromThread =
  | { type: 'ready'; backend: Backend; notes: string[] }
  | { type: 'log'; level: TellLevel; message: string }
  | { type: 'found'; order: number; attempts: Attempt[] }
  | { type: 'progress'; order: number; hashes: number; extranonce2: number }
  | { type: 'stopped'; order: number; hashes: number };
