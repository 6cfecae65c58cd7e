import { deserialize, serialize } from 'node:v8';
import type { Attempt } from '../../work/attempt';
import type { AddonFile } from '../kernels/addon-files';
import type { TellLevel } from '../kernels/choose';
import type { Backend } from '../kernels/kernel';
import type { SearchSpace } from '../search';

// What the engine and its threads tell each other. The engine posts to a thread's MessagePort. A thread answers through
// shared memory: a byte stream in a ring with one writer and one reader. A MessagePort wakes its reader while it holds
// a lock that the reader needs. Threads have the lowest priority: while other programs kept the processors busy, a
// thread was held up right there, and the main thread with it (for up to 660 ms at 500 messages a second).

/** What a mining thread is started with. */
export interface ThreadData {
  backend: 'auto' | Backend;
  /** The ring that it writes its messages to. */
  ring: SharedArrayBuffer;
  native: NativeCode;
}

/** Why there is no native code; no fault where none was built, asked for or fits this CPU. */
export interface Refusal {
  refusal: string;
  isFault: boolean;
}

/** Native code that stood its trial, or why there is none. */
export type NativeCode = AddonFile | Refusal;

/** From the engine to a thread. A search ends the one before; `order` is its number. */
export type ToThread =
  | { type: 'search'; order: number; space: SearchSpace; target: bigint }
  | { type: 'target'; target: bigint }
  /** Percent of the time to hash, 0..100; 0 pauses. */
  | { type: 'intensity'; percent: number }
  | { type: 'stop' };

/**
 * From a thread to the engine. An order has `begun` right before its first hash, at `atNs` by process.hrtime, the one clock
 * that threads and processes share. `hashes` counts from the start of the order, and each order reports `stopped` once,
 * whatever ended it. Notes say why other backends are not used, each beginning with a backend's name.
 */
export type FromThread =
  | { type: 'ready'; backend: Backend; notes: string[] }
  | { type: 'log'; level: TellLevel; message: string }
  | { type: 'begun'; order: number; atNs: bigint }
  | { type: 'found'; order: number; attempts: Attempt[] }
  | { type: 'progress'; order: number; hashes: number; extranonce2: number }
  | { type: 'stopped'; order: number; hashes: number };

interface Ring {
  readonly counters: Int32Array;
  readonly bytes: Uint8Array;
}

/** Bytes written and read so far, u32s that wrap around; then the bytes. */
const WRITTEN = 0;
const READ = 1;
/** Nobody changes or wakes this one: the writer waits on it for a fixed time. */
const NEVER = 2;
const COUNTERS_BYTES = 16;
/** A power of two, so that positions stay continuous where the u32s wrap around. */
const RING_BYTES = 2 ** 16;
const LENGTH_BYTES = 4;
const FULL_WAIT_MS = 5;

/** Memory for one channel. */
export function createRing(): SharedArrayBuffer {
  return new SharedArrayBuffer(COUNTERS_BYTES + RING_BYTES);
}

/** The thread's end of a channel. */
export class RingWriter<T> {
  private readonly ring: Ring;

  constructor(memory: SharedArrayBuffer) {
    this.ring = ringOf(memory);
  }

  /** Writes a message of any length. Blocks while the ring is full. */
  post(message: T): void {
    const body = serialize(message);
    const length = Buffer.alloc(LENGTH_BYTES);
    length.writeUInt32LE(body.length);
    this.write(length);
    this.write(body);
  }

  private write(data: Uint8Array): void {
    const { counters, bytes } = this.ring;
    for (let done = 0; done < data.length;) {
      const written = counters[WRITTEN]!;
      const free = RING_BYTES - ((written - Atomics.load(counters, READ)) >>> 0);
      if (free === 0) {
        Atomics.wait(counters, NEVER, 0, FULL_WAIT_MS);
        continue;
      }
      const at = (written >>> 0) % RING_BYTES;
      const part = data.subarray(done, done + Math.min(free, RING_BYTES - at));
      bytes.set(part, at);
      Atomics.store(counters, WRITTEN, (written + part.length) | 0);
      done += part.length;
    }
  }
}

/** The engine's end of a channel. */
export class RingReader<T> {
  private readonly ring: Ring;
  private unread = Buffer.alloc(0);

  constructor(memory: SharedArrayBuffer) {
    this.ring = ringOf(memory);
  }

  /** The messages that have arrived since the last call; never waits for one. */
  read(): T[] {
    const parts = this.parts();
    if (parts.length === 0) return [];
    this.unread = Buffer.concat([this.unread, ...parts]);
    const messages: T[] = [];
    while (this.unread.length >= LENGTH_BYTES) {
      const end = LENGTH_BYTES + this.unread.readUInt32LE();
      if (this.unread.length < end) break;
      messages.push(deserialize(this.unread.subarray(LENGTH_BYTES, end)) as T);
      this.unread = this.unread.subarray(end);
    }
    return messages;
  }

  /** Copies of what is in the ring, in two parts where it wraps around the end; none if there is nothing. */
  private parts(): Uint8Array[] {
    const { counters, bytes } = this.ring;
    const written = Atomics.load(counters, WRITTEN);
    const read = counters[READ]!;
    if (written === read) return [];
    const length = (written - read) >>> 0;
    const at = (read >>> 0) % RING_BYTES;
    const parts = [
      bytes.slice(at, Math.min(at + length, RING_BYTES)),
      bytes.slice(0, Math.max(0, at + length - RING_BYTES)),
    ];
    Atomics.store(counters, READ, written);
    return parts;
  }
}

function ringOf(memory: SharedArrayBuffer): Ring {
  return {
    counters: new Int32Array(memory, 0, COUNTERS_BYTES / 4),
    bytes: new Uint8Array(memory, COUNTERS_BYTES, RING_BYTES),
  };
}
