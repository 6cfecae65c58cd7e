import { writeSync } from 'node:fs';
import { Socket } from 'node:net';
import type { Writable } from 'node:stream';
import { type Sink, OutputQueue } from './output-queue';

// What this process writes to stdout and stderr, and the sinks it goes to: a file, a pipe or a terminal.

/** How long the end of the process waits for slow readers, all of them together. */
const FLUSH_MS = 200;
const RETRY_MS = 5;
/** A reader that hasn't read for this long has stopped reading. */
const STUCK_MS = 1000;

const NOTHING: Buffer = Buffer.alloc(0);

const queues: OutputQueue[] = [];
/** Until when the end of the process waits for readers; undefined before the end. */
let flushUntilMs: number | undefined;

type Output = Writable & { fd: number };
type Done = Parameters<Sink['write']>[1];
type Write = (...args: unknown[]) => boolean;

/**
 * Sends everything this process writes to stdout and stderr through queues that never block: a parent that stops
 * reading must not stop the task. To be called once, on the main thread, before anything is written.
 * @param secret is kept out of everything written
 */
export function takeOverOutput(secret?: string): void {
  for (const stream of [process.stdout, process.stderr]) {
    const queue = new OutputQueue(sinkOf(stream), secret);
    queues.push(queue);
    stream.write = writeTo(queue, stream.write.bind(stream) as Write);
    // A closed pipe or a full disk must not end the process.
    stream.on('error', () => undefined);
    process.on('exit', () => queue.flush());
    // Otherwise Node's console would write colours, which are control characters.
    if (stream.isTTY) stream.getColorDepth = () => 1;
  }
}

/** Lines on stdout and stderr that nobody read in time, since the process started. */
export function droppedLines(): number {
  return queues.reduce((sum, queue) => sum + queue.droppedLines, 0);
}

/**
 * A Writable's write that always has room.
 * @param own the stream's own write, which refuses what isn't text or bytes
 */
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

/** A sink for stdout or stderr, whatever it is. It keeps the stream's current write. */
function sinkOf(stream: Output): Sink {
  return stream instanceof Socket ? new StreamSink(stream) : new FileSink(stream.fd);
}

/** A file. Node's own stream for files takes nothing after an error, even when the disk has room again. */
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

/** What Node has underneath a pipe or a terminal, if anything. */
interface Handle {
  setBlocking?(isBlocking: boolean): void;
  /** Bytes waiting for the reader. */
  writeQueueSize?: number;
}

/** A pipe or a terminal. */
class StreamSink implements Sink {
  private readonly writeStream: (bytes: Buffer, done: Done) => void;
  private readonly handle: Handle;
  /** What the stream was given, but may not have written yet. */
  private taken = NOTHING;
  private takenAtMs = 0;

  constructor(private readonly stream: Output) {
    this.writeStream = stream.write.bind(stream);
    this.handle = (stream as { _handle?: Handle })._handle ?? {};
    // By default Node waits for the reader of a terminal, and on Windows of a pipe.
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
      // On Windows a system thread writes what was taken, and a write from here would wait for the reader.
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

/** Doesn't need the event loop, which has stopped. */
function sleep(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}
