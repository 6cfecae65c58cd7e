import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import type { SimulatedNode } from '../../simulator';

/** A process's resources at one moment. */
export interface Sample {
  /** Minutes since the start. */
  readonly atMin: number;
  readonly residentMB: number;
  readonly handles: number;
  readonly storeMB: number;
  readonly files: number;
}

export type Measure = Exclude<keyof Sample, 'atMin'>;

/** A process's current resources, from /proc. */
interface Held {
  readonly residentMB: number;
  /** The peak. */
  readonly peakMB: number;
  readonly handles: number;
}

/** A process and the files of its node; undefined while there is none. */
export function sampleOf(node: SimulatedNode, atMin: number): Sample | undefined {
  const held = heldBy(node);
  if (!held) return undefined;
  const { residentMB, handles } = held;
  const sizes = sizesBelow(node.directory).filter(({ name }) => name !== 'task.log');
  const bytes = sizes.reduce((sum, { size }) => sum + size, 0);
  return { atMin, residentMB, handles, files: sizes.length, storeMB: bytes / 2 ** 20 };
}

/** The process of a node; undefined while there is none. */
export function heldBy(node: SimulatedNode): Held | undefined {
  const { pid } = node.process;
  if (pid === undefined) return undefined;
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    const megabytes = (name: string): number =>
      Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1]) / 1024;
    const [residentMB, peakMB] = [megabytes('VmRSS'), megabytes('VmHWM')];
    // A process that has just ended has no memory any more.
    if (Number.isNaN(residentMB)) return undefined;
    return { residentMB, peakMB, handles: readdirSync(`/proc/${pid}/fd`).length };
  } catch {
    // It ended meanwhile.
    return undefined;
  }
}

function sizesBelow(directory: string): { name: string; size: number }[] {
  return readdirSync(directory, { withFileTypes: true }).flatMap((entry) => {
    const file = path.join(directory, entry.name);
    if (entry.isDirectory()) return sizesBelow(file);
    const size = statSync(file, { throwIfNoEntry: false })?.size;
    return size === undefined ? [] : [{ name: entry.name, size }];
  });
}
