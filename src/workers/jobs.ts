import { sha256 } from '../bitcoin/sha256';
import { bitsToTarget } from '../bitcoin/target';
import { FLOOR } from '../consensus';
import type { Template } from '../work/segment';
import type { Leases } from './leases';
import { shareTargetFor } from './targets';
import type { RejectedAs } from './worker';
import type { Workers } from './workers';

/** Work that was handed out; its shares are judged by it. */
export interface Job {
  round: number;
  /** Index of the round's segment. */
  segment: number;
  template: Template;
  /** u16, the ground: leased to whom the job was handed, or shared by all who have none of their own. */
  prefix: number;
  /** The highest hash value that its shares may have. */
  target: bigint;
}

/**
 * A job as a remote worker has it. Its id is made of its content, so it outlives the process, and another target makes
 * another job.
 */
export interface NamedJob extends Job {
  id: string;
}

/** What jobs need of a round. */
export interface JobRound {
  readonly number: number;
  /** By the segment's number; undefined for one that was dropped. */
  readonly templates: readonly (Template | undefined)[];
  /** Index of the segment being mined; undefined before the first. */
  readonly current: number | undefined;
  /** The highest hash value that has to be shown: what can still enter its proof, or is a block. */
  readonly neededTarget: bigint;
  readonly leases: Leases;
}

/** Hands out jobs to remote workers, and recognizes them by their ids. */
export class Jobs {
  constructor(private readonly workers: Workers) {}

  /**
   * A worker's job on the segment being mined: the same as before unless some part of it changed.
   * @param id undefined for workers that give none
   * @param sharedTarget for those who share their ground
   * @returns undefined before the first segment
   */
  handOut(round: JobRound, id: string | undefined, sharedTarget: bigint): NamedJob | undefined {
    const { leases, number, neededTarget, current } = round;
    if (current === undefined) return undefined;
    const { shared } = this.workers;
    const known = id === undefined ? shared : this.workers.register(id);
    const hasPlace = known !== shared;
    const prefix =
      id === undefined
        ? undefined
        : (leases.find(id) ?? (hasPlace ? leases.ofWorker(id) : undefined));
    const worker = prefix === undefined ? shared : known;
    const wanted =
      worker === shared ? sharedTarget : shareTargetFor(worker.hashrateHps, neededTarget);
    const target = worker.handed.handOut(number, current, roundedTarget(wanted));
    worker.works(number, target);
    return jobOn(round, current, prefix ?? leases.shared, target);
  }

  /** The job of workers without an id, shown without being handed out. @returns undefined before the first segment */
  shown(round: JobRound, sharedTarget: bigint): NamedJob | undefined {
    return jobOn(round, round.current, round.leases.shared, roundedTarget(sharedTarget));
  }

  /** The job with this id; undefined when the round can't have handed it out. */
  find(round: JobRound, id: string): NamedJob | undefined {
    const parts = ID.exec(id);
    if (!parts) return undefined;
    const [tag, prefix, bits] = parts.slice(1) as [string, string, string];
    const segment = round.templates.findIndex((each) => each && tagOf(each) === tag);
    const target = unpackTarget(Number.parseInt(bits, 16));
    const ground = Number.parseInt(prefix, 16);
    if (segment < 0 || target === undefined || !round.leases.isLeased(ground)) return undefined;
    return jobOn(round, segment, ground, target);
  }

  /**
   * The job of a share that names none: the newest handed to its worker, or, if there was none, to workers without an
   * id. Its target is the easiest that the worker was given in the round.
   */
  newestOf(round: JobRound, id: string): NamedJob | undefined {
    const { leases, number } = round;
    const prefix = leases.find(id);
    const worker = prefix === undefined ? this.workers.shared : this.workers.find(id);
    return jobOn(
      round,
      worker?.handed.newestSegment(number) ?? round.current,
      prefix ?? leases.shared,
      // Nothing is known of this worker any more: the floor is good enough.
      worker?.handed.easiest(number) ?? FLOOR,
    );
  }

  /** Credits an accepted share of a job to its finder. */
  accepted(round: JobRound, id: string, { prefix }: Job, hashValue: bigint): void {
    const { leases, number } = round;
    leases.prove(id, prefix);
    const worker = leases.find(id) === prefix ? this.workers.prove(id) : this.workers.shared;
    const hashes = worker.handed.hashesOf(number, hashValue);
    worker.accept({ round: number, hashValue, hashes });
  }

  /** Counts a rejected share for the worker that it names, if that is known. */
  rejected(id: string, as: RejectedAs): void {
    this.workers.find(id)?.reject(as);
  }
}

/** [tag of the template, prefix, target], in hex */
const ID = /^([0-9a-f]{8})([0-9a-f]{4})([0-9a-f]{8})$/;

function jobOn(
  { number, templates }: JobRound,
  segment: number | undefined,
  prefix: number | undefined,
  target: bigint,
): NamedJob | undefined {
  const template = segment === undefined ? undefined : templates[segment];
  if (segment === undefined || template === undefined || prefix === undefined) return undefined;
  const id = tagOf(template) + hexOf(prefix, 4) + hexOf(packTarget(target), 8);
  return { id, round: number, segment, template, prefix, target };
}

const tags = new WeakMap<Template, string>();

/** Tells a template from those of other segments and rounds. */
function tagOf(template: Template): string {
  const known = tags.get(template);
  if (known !== undefined) return known;
  const { coinbase1, coinbase2, prev, time, bits } = template;
  const rest = Buffer.from(hexOf(time, 8) + hexOf(bits, 8), 'hex');
  const tag = sha256(Buffer.concat([coinbase1, coinbase2, prev, rest])).toString('hex', 0, 4);
  tags.set(template, tag);
  return tag;
}

function hexOf(value: number, digits: number): string {
  return value.toString(16).padStart(digits, '0');
}

/** The lowest target not below this one that fits an id. The floor itself fits. */
function roundedTarget(target: bigint): bigint {
  return unpackTarget(packTarget(target))!;
}

/** A target as the compact form of target + 1, rounded up so that nothing that may enter a proof is left out. */
function packTarget(target: bigint): number {
  const hashes = target + 1n;
  let size = Math.max(3, Math.ceil(hashes.toString(16).length / 2));
  const mantissaAt = (bytes: number): bigint => {
    const unit = 1n << BigInt(8 * (bytes - 3));
    return (hashes + unit - 1n) / unit;
  };
  // A mantissa with the sign bit would be negative.
  if (mantissaAt(size) > 0x7fffffn) size++;
  return size * 2 ** 24 + Number(mantissaAt(size));
}

/** @returns undefined when it is not a target that `packTarget` gives */
function unpackTarget(bits: number): bigint | undefined {
  try {
    const target = bitsToTarget(bits) - 1n;
    return target >= 0n && target <= FLOOR && packTarget(target) === bits ? target : undefined;
  } catch {
    return undefined;
  }
}
