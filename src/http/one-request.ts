import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';

/** The limit of Node's own parser. */
const MAX_HEAD_BYTES = 16 * 1024;
/** Time for the client to read the answer: closing a socket with unread bytes resets it, and the answer is lost. */
const LINGER_MS = 100;

/**
 * Reads the head of a connection's first request and nothing after it. A body or further requests stay in the
 * system's buffers; once these are full, the client can't send any more.
 * @param onHead gets the bytes up to and including the empty line; the socket is paused
 * @param onTooLong is called instead if no head ends within 16 KiB
 */
export function readHead(
  socket: Socket,
  onHead: (head: Buffer) => void,
  onTooLong: () => void,
): void {
  let head = Buffer.alloc(0);
  const onData = (chunk: Buffer): void => {
    // The empty line may be split between chunks.
    const from = Math.max(0, head.length - 3);
    head = Buffer.concat([head, chunk]);
    const end = endOfHead(head, from);
    if (end === undefined && head.length <= MAX_HEAD_BYTES) return;
    socket.off('data', onData).pause();
    if (end === undefined) onTooLong();
    else onHead(head.subarray(0, end));
  };
  socket.on('data', onData);
}

/** The end of the first empty line, with or without CR: parsers may accept either (RFC 9112 section 2.2). */
function endOfHead(bytes: Buffer, from: number): number | undefined {
  for (let at = bytes.indexOf('\n', from); at >= 0; at = bytes.indexOf('\n', at + 1)) {
    if (bytes[at + 1] === 0x0a) return at + 2;
    if (bytes[at + 1] === 0x0d && bytes[at + 2] === 0x0a) return at + 3;
  }
  return undefined;
}

/** A connection as the HTTP server sees it: the head of one request comes in, its answer goes out. */
export class OneRequest extends Duplex {
  /** @param socket paused, after its head was read */
  constructor(
    private readonly socket: Socket,
    head: Buffer,
  ) {
    super();
    socket.once('close', () => this.destroy());
    this.push(head);
  }

  /** The client's; undefined once it is gone. */
  get remoteAddress(): string | undefined {
    return this.socket.remoteAddress;
  }

  override _read(): void {
    // Nothing follows the head.
  }

  override _write(chunk: Buffer, _encoding: string, done: (error?: Error | null) => void): void {
    this.socket.write(chunk, done);
  }

  override _writev(
    chunks: { chunk: Buffer; encoding: string }[],
    done: (error?: Error | null) => void,
  ): void {
    this.socket.write(Buffer.concat(chunks.map(({ chunk }) => chunk)), done);
  }

  override _final(done: () => void): void {
    lastWords(this.socket);
    done();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    if (!this.socket.writableEnded) this.socket.destroy();
    done(error);
  }
}

/** Ends a connection so that what was written still arrives. It closes with the other end, or shortly after. */
export function lastWords(socket: Socket, text = ''): void {
  socket.removeAllListeners('data').end(text);
  // Reads on to notice that the other end has closed; at the first data it stops reading.
  socket.on('data', () => socket.pause()).resume();
  const timer = setTimeout(() => socket.destroy(), LINGER_MS);
  socket.once('close', () => clearTimeout(timer));
}
