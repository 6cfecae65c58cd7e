import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';

/** As Node's own parser allows. */
const MAX_HEAD_BYTES = 16 * 1024;
/** An answer has this long to be read before the connection is gone: what closes on unread bytes is reset. */
const LINGER_MS = 100;

/**
 * Reads the head of a connection's first request and nothing behind it: what follows, a body or further
 * requests, stays with the system, which stops the client when its buffers are full.
 * @param onHead is given the bytes up to the empty line, the socket being paused
 * @param onTooLong is called instead when no head ends within 16 KiB
 */
export function readHead(
  socket: Socket,
  onHead: (head: Buffer) => void,
  onTooLong: () => void,
): void {
  let head = Buffer.alloc(0);
  const onData = (chunk: Buffer): void => {
    // An empty line may be cut anywhere by chunks.
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

/** Behind the first empty line; with or without CR, since parsers may take either (RFC 9112 section 2.2). */
function endOfHead(bytes: Buffer, from: number): number | undefined {
  for (let at = bytes.indexOf('\n', from); at >= 0; at = bytes.indexOf('\n', at + 1)) {
    if (bytes[at + 1] === 0x0a) return at + 2;
    if (bytes[at + 1] === 0x0d && bytes[at + 2] === 0x0a) return at + 3;
  }
  return undefined;
}

/** A connection as the HTTP server is shown it: one request's head comes in, the answer goes out. */
export class OneRequest extends Duplex {
  /** @param socket paused, its head read */
  constructor(
    private readonly socket: Socket,
    head: Buffer,
  ) {
    super();
    socket.once('close', () => this.destroy());
    this.push(head);
  }

  /** The other end's; undefined once it is gone. */
  get remoteAddress(): string | undefined {
    return this.socket.remoteAddress;
  }

  override _read(): void {
    // Nothing comes behind the head.
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

/** Ends a connection so that what was written to it arrives: it is gone when the other end is, or soon. */
export function lastWords(socket: Socket, text = ''): void {
  socket.removeAllListeners('data').end(text);
  // To see the other end's end; where anything else comes, no more of it is read.
  socket.on('data', () => socket.pause()).resume();
  const timer = setTimeout(() => socket.destroy(), LINGER_MS);
  socket.once('close', () => clearTimeout(timer));
}
