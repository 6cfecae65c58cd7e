import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';

// What strangers do to the public port of a node. Each does it at a rate that a tunnel or a LAN lets them have.

/** A kind of attack. */
export interface Attack {
  readonly name: string;
  /** Goes on until the signal. @param tell is told how each request ended: a status, or what became of its connection */
  run(port: number, tell: (outcome: string) => void, signal: AbortSignal): Promise<void>;
}

const HOST = '127.0.0.1';
/** Each attack has strangers of its own: a limit that one of them runs into spares none of the others. */
const STRANGERS = 200;
const stranger = (attack: number, n: number): string => `127.0.${attack}.${1 + (n % STRANGERS)}`;

const ANSWER_TIMEOUT_MS = 30_000;
/** What an attack has under way at most; more than that is left out. */
const MAX_UNDER_WAY = 200;
const TICK_MS = 20;

const BOMB_BYTES = 49_000_000;
const MINED_ROUNDS = 1000;
const PIPELINED = 2000;
/** How long a connection that reads nothing is kept. */
const UNREAD_MS = 10_000;
const HELD = 1000;
/** They are held for a part of the time only, or the other attacks would find the door shut. */
const HOLD_MS = 20_000;
const LET_GO_MS = 10_000;

const get = (path: string): string =>
  `GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`;

function post(path: string, body: string | Uint8Array, headers = ''): Buffer {
  const head = `POST ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\n${headers}`;
  const bytes = Buffer.from(body as string);
  return Buffer.concat([Buffer.from(`${head}Content-Length: ${bytes.length}\r\n\r\n`), bytes]);
}

const pick = <T>(of: readonly T[], n: number): T => of[n % of.length]!;

/** 50 KB that unpack to 49 MB of empty lists. */
export const bomb = (): Buffer => gzipSync(`[${'[],'.repeat((BOMB_BYTES - 4) / 3)}[]]`);

/** To a terminal: a new title, a cleared screen. */
const CONTROLS = '\x1b]0;owned\x07\x1b[2J\x9b31m';
const MALFORMED: readonly (string | Buffer)[] = [
  post('/nope', '{'),
  post('/nope', `{"${CONTROLS}`),
  post(`/nope/${encodeURIComponent(CONTROLS)}`, '{'),
  post('/audit', `[${CONTROLS}`),
  get('/task/%E0%A4%A'),
  get('/%'),
  get(`/${CONTROLS}`),
  get(`/task/${encodeURIComponent(CONTROLS)}`),
];

const HALVES = [
  'GET /task/1 HTTP/1.1\r\nHost: x\r\nX-',
  'POST /audit HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{',
];

const badProof = (round: number): Buffer =>
  post(
    '/audit',
    JSON.stringify({
      submission: { proof: 'x'.repeat(100), round_number: round, submitter: '1'.repeat(32) },
    }),
  );

export const ATTACKS: readonly Attack[] = [
  {
    name: 'bodies of 50 KB that unpack to 49 MB',
    run: (port, tell, signal) => {
      const body = bomb();
      const bodies = ['/task/1', '/nope', '/'].map((path) =>
        post(path, body, 'Content-Encoding: gzip\r\n'),
      );
      return atRate(2, signal, async (n) =>
        tell(await exchange(port, stranger(1, n), pick(bodies, n))),
      );
    },
  },
  {
    name: 'broken bodies and paths, control characters',
    run: (port, tell, signal) =>
      atRate(300, signal, async (n) =>
        tell(await exchange(port, stranger(2, n), pick(MALFORMED, n))),
      ),
  },
  { name: 'half-sent requests, 1,000 held', run: holdHalves },
  {
    name: 'pipelines of 2,000 GETs that read nothing',
    run: (port, tell, signal) =>
      atRate(2, signal, async (n) => tell(await pipeline(port, stranger(4, n)))),
  },
  {
    name: 'more GETs than are allowed, from one address',
    run: (port, tell, signal) =>
      atRate(300, signal, async () => tell(await exchange(port, stranger(5, 0), get('/task/1')))),
  },
  {
    name: 'questions that the node would have to answer',
    run: (port, tell, signal) =>
      atRate(100, signal, async (n) => {
        const round = Math.floor(n / 4) % MINED_ROUNDS;
        const questions = [
          badProof(round % 10),
          get('/taskState'),
          get(`/task/${round}`),
          get(`/submission/${round}`),
        ];
        tell(await exchange(port, stranger(6, n), pick(questions, n)));
      }),
  },
];

/** Does something so many times a second, whether or not the last is over. */
async function atRate(
  perSecond: number,
  signal: AbortSignal,
  act: (n: number) => Promise<void>,
): Promise<void> {
  const startedAt = performance.now();
  let underWay = 0;
  for (let n = 0; !signal.aborted;) {
    for (const due = ((performance.now() - startedAt) / 1000) * perSecond; n < due; n++) {
      if (underWay >= MAX_UNDER_WAY) continue;
      underWay++;
      void act(n).finally(() => underWay--);
    }
    await sleep(TICK_MS, undefined, { signal }).catch(() => undefined);
  }
}

/** Sends bytes on a connection of its own. @returns the status of the answer, or how the connection ended without one */
export function exchange(port: number, from: string, bytes: string | Buffer): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect({ host: HOST, port, localAddress: from });
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

function statusOf(answer: Buffer): string {
  return /^HTTP\/1\.1 (\d{3})/.exec(answer.toString('latin1', 0, 20))?.[1] ?? 'no HTTP';
}

/** Asks for much and takes nothing. */
async function pipeline(port: number, from: string): Promise<string> {
  const socket = connect({ host: HOST, port, localAddress: from });
  const closed = new Promise<string>((resolve) => {
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    socket.once('close', () => resolve('closed'));
  });
  socket.pause();
  socket.write('GET /task/1 HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(PIPELINED));
  const patience = sleep(UNREAD_MS, 'left open', { ref: false });
  const outcome = await Promise.race([closed, patience]);
  socket.destroy();
  return outcome;
}

/** Begins requests that it never ends, as many as are let in, and begins another for each that is cut off. */
async function holdHalves(
  port: number,
  tell: (outcome: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const held = new Set<Socket>();
  const letGo = (): void => {
    for (const socket of held) socket.destroy();
    for (let left = held.size; left > 0; left--) tell('held');
    held.clear();
  };
  const startedAt = performance.now();
  await atRate(500, signal, (n) => {
    const isHolding = (performance.now() - startedAt) % (HOLD_MS + LET_GO_MS) < HOLD_MS;
    if (!isHolding) letGo();
    else if (held.size < HELD) begin(n);
    return Promise.resolve();
  });
  letGo();

  function begin(n: number): void {
    const socket = connect({ host: HOST, port, localAddress: stranger(3, n) });
    let outcome = 'closed';
    held.add(socket);
    socket
      .on('data', (answer) => (outcome = statusOf(answer)))
      .on('error', (error: NodeJS.ErrnoException) => (outcome = error.code ?? error.message))
      .on('close', () => held.delete(socket) && tell(outcome));
    socket.write(pick(HALVES, n));
  }
}
