import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { LOOPBACK } from './addresses';

// The building blocks of attacks. Each runs at a rate that a tunnel, a LAN or a browser allows.

/** The port under attack. */
export interface Attacked {
  readonly port: number;
  /** The round that runs. */
  readonly round: number;
}

/** A kind of attack. */
export interface Attack {
  readonly name: string;
  /** Whether none of its requests may be granted. */
  readonly isForbidden?: true;
  /** Runs until the signal. @param tell called with how each request ended: a status, or the fate of its connection */
  run(attacked: Attacked, tell: (outcome: string) => void, signal: AbortSignal): Promise<void>;
}

const ANSWER_TIMEOUT_MS = 30_000;
/** The most requests an attack has under way; further ones are skipped. */
const MAX_UNDER_WAY = 200;
const TICK_MS = 20;
const MAX_CATCH_UP_MS = 3 * TICK_MS;

export const pick = <T>(of: readonly T[], n: number): T => of[n % of.length]!;

/** @param headers lines, each ending with CRLF */
export const get = (path: string, headers = '', host = 'x'): string =>
  `GET ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n${headers}\r\n`;

/** @param headers lines, each ending with CRLF */
export function post(
  path: string,
  body: string | Uint8Array,
  headers = 'Content-Type: application/json\r\n',
  host = 'x',
): Buffer {
  const bytes = Buffer.from(body as string);
  const head = `POST ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n${headers}`;
  return Buffer.concat([Buffer.from(`${head}Content-Length: ${bytes.length}\r\n\r\n`), bytes]);
}

/**
 * Does something a number of times per second, without waiting for the last to finish, never faster: times when
 * this process had no processor are skipped, since real strangers have their own.
 */
export async function atRate(
  perSecond: number,
  signal: AbortSignal,
  act: (n: number) => Promise<void>,
): Promise<void> {
  let lookedAtMs = performance.now();
  let underWay = 0;
  for (let n = 0, due = 0; !signal.aborted;) {
    const nowMs = performance.now();
    due += (Math.min(nowMs - lookedAtMs, MAX_CATCH_UP_MS) / 1000) * perSecond;
    lookedAtMs = nowMs;
    for (; n < due; n++) {
      if (underWay >= MAX_UNDER_WAY) continue;
      underWay++;
      void act(n).finally(() => underWay--);
    }
    await sleep(TICK_MS, undefined, { signal }).catch(() => undefined);
  }
}

/** Sends bytes on a new connection. @returns the answer's status, or how the connection ended without an answer */
export function exchange(port: number, from: string, bytes: string | Buffer): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect({ host: LOOPBACK, port, localAddress: from });
    const end = (outcome: string): void => {
      socket.destroy();
      resolve(outcome);
    };
    socket
      .setTimeout(ANSWER_TIMEOUT_MS, () => end('no answer'))
      .once('data', (answer) => end(statusOf(answer)))
      .once('error', (error: NodeJS.ErrnoException) => end(error.code ?? error.message))
      .once('close', () => end('closed'));
    socket.write(bytes);
  });
}

/** Connections to hold open. */
export interface Holding {
  /** How many at a time, as far as the node lets them in. */
  readonly count: number;
  /** How many are opened per second at most. */
  readonly perSecond: number;
  /** Whether to hold them now, or else close them all; by default always. */
  readonly isHeld?: () => boolean;
  readonly open: (n: number) => Socket;
}

/** Opens connections and keeps them open; replaces each one that is cut off. */
export async function hold(
  { count, perSecond, isHeld = () => true, open }: Holding,
  tell: (outcome: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const held = new Set<Socket>();
  const letGo = (): void => {
    for (const socket of held) socket.destroy();
    for (let left = held.size; left > 0; left--) tell('held');
    held.clear();
  };
  await atRate(perSecond, signal, (n) => {
    if (!isHeld()) letGo();
    else if (held.size < count) begin(n);
    return Promise.resolve();
  });
  letGo();

  function begin(n: number): void {
    const socket = open(n);
    let outcome = 'closed';
    held.add(socket);
    socket
      .once('data', (answer) => (outcome = statusOf(answer)))
      .on('error', (error: NodeJS.ErrnoException) => (outcome = error.code ?? error.message))
      .on('close', () => held.delete(socket) && tell(outcome))
      .resume();
  }
}

function statusOf(answer: Buffer): string {
  return /^HTTP\/1\.1 (\d{3})/.exec(answer.toString('latin1', 0, 20))?.[1] ?? 'no HTTP';
}
