import { OutputQueue } from './output-queue';
import { sinkOf } from './sinks';

const queues: OutputQueue[] = [];

/** Lines on stdout and stderr that nobody read in time, since this process started. */
export function droppedLines(): number {
  return queues.reduce((sum, queue) => sum + queue.droppedLines, 0);
}

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

type Write = (...args: unknown[]) => boolean;

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
