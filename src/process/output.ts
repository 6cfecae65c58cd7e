import { writeSync } from 'node:fs';
import { Socket } from 'node:net';
import type { Writable } from 'node:stream';
import { type Sink, OutputQueue } from './output-queue';

// What this process says on stdout and stderr, and where that goes: to a file, a pipe or a terminal.

/** How long the end of the process waits for readers that are slow, all of them together. */
const FLUSH_MS = 200;
const RETRY_MS = 5;
/** Who hasn't read for so long reads no more. */
const STUCK_MS = 1000;

const NOTHING: Buffer = Buffer.alloc(0);

const queues: OutputQueue[] = [];
/** When the end of the process waits no more; undefined before the end. */
let flushUntilMs: number | undefined;

type Output = Writable & { fd: number };
type Done = Parameters<Sink['write']>[1];
type Write = (...args: unknown[]) => boolean;

/**
 * Has all that this process says on stdout and stderr go through queues that never block: a parent that
 * stops reading must not stop the task. To be called once, on the main thread, before anything is said.
 * @param secret is left out of all that is said
 */
export function takeOverOutput(secret?: string): void {
  for (const stream of [process.stdout, process.stderr]) {
    const queue = new OutputQueue(sinkOf(stream), secret);
    queues.push(queue);
    stream.write = writeTo(queue, stream.write.bind(stream) as Write);
    // A closed pipe or a full disk is no reason to die.
    stream.on('error', () => undefined);
    process.on('exit', () => queue.flush());
    // Node's console would write colours, which are control characters.
    if (stream.isTTY) stream.getColorDepth = () => 1;
  }
}

/** Lines on stdout and stderr that nobody read in time, since this process started. */
export function droppedLines(): number {
  return queues.reduce((sum, queue) => sum + queue.droppedLines, 0);
}

/** A Writable's write that always has room. @param own the stream's own, which knows what to refuse */
export function writeTo(queue: OutputQueue, own: Write): Write {
  return (chunk, ...rest) => {
    const text = textOf(chunk, rest[0]);
    if (text === undefined) return own(chunk, ...rest);
    queue.push(text);
    const callback = rest.find((arg): arg is () => void => typeof arg === 'function');
    if (callback) process.nextTick(callback);
    return true;
  };
}

function textOf(chunk: unknown, encoding: unknown): string | undefined {
  if (chunk instanceof Uint8Array) return Buffer.from(chunk).toString();
  if (typeof chunk !== 'string') return undefined;
  if (typeof encoding !== 'string' || /^utf-?8$/i.test(encoding)) return chunk;
  return Buffer.isEncoding(encoding) ? Buffer.from(chunk, encoding).toString() : undefined;
}

/** A sink for stdout or stderr, whatever it is. Takes the stream's own write, as it is now. */
function sinkOf(stream: Output): Sink {
  return stream instanceof Socket ? new StreamSink(stream) : new FileSink(stream.fd);
}

/** A file. Node's own stream for one takes nothing more after an error, though the disk has room again. */
export class FileSink implements Sink {
  constructor(private readonly fd: number) {}

  write(bytes: Buffer, done: Done): void {
    try {
      for (let at = 0; at < bytes.length;) at += writeSync(this.fd, bytes, at);
    } catch (error) {
      return done(error as Error);
    }
    done();
  }

  flush(bytes: Buffer): void {
    this.write(bytes, () => undefined);
  }
}

/** What Node has beneath a pipe or a terminal, as far as it does. */
interface Handle {
  setBlocking?(isBlocking: boolean): void;
  /** Bytes that wait for the reader. */
  writeQueueSize?: number;
}

/** A pipe or a terminal. */
class StreamSink implements Sink {
  private readonly writeStream: (bytes: Buffer, done: Done) => void;
  private readonly handle: Handle;
  /** What the stream has, but may not have written. */
  private taken = NOTHING;
  private takenAtMs = 0;

  constructor(private readonly stream: Output) {
    this.writeStream = stream.write.bind(stream);
    this.handle = (stream as { _handle?: Handle })._handle ?? {};
    // Node has a terminal, and on Windows a pipe, wait for its reader.
    this.handle.setBlocking?.(false);
  }

  write(bytes: Buffer, done: Done): void {
    this.taken = bytes;
    this.takenAtMs = performance.now();
    this.writeStream(bytes, (error) => {
      this.taken = NOTHING;
      done(error);
    });
  }

  flush(bytes: Buffer): void {
    flushUntilMs ??= performance.now() + FLUSH_MS;
    let rest = bytes;
    if (this.taken.length > 0 && process.platform === 'win32') {
      // There a thread of the system writes what was taken, and a write here waits for the reader.
      if (performance.now() - this.takenAtMs > STUCK_MS) return;
      sleep(FLUSH_MS / 4);
    } else if (this.taken.length > 0) {
      const written = this.taken.length - (this.handle.writeQueueSize ?? 0);
      rest = Buffer.concat([this.taken.subarray(written), bytes]);
    }
    this.taken = NOTHING;
    while (rest.length > 0) {
      try {
        rest = rest.subarray(writeSync(this.stream.fd, rest));
      } catch (error) {
        const isFull = (error as NodeJS.ErrnoException).code === 'EAGAIN';
        if (!isFull || performance.now() > flushUntilMs) return;
        sleep(RETRY_MS);
      }
    }
  }
}

/** Without the event loop, which turns no more. */
function sleep(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}
