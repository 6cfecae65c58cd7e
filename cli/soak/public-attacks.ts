import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { LOOPBACK, stranger } from './addresses';
import { atRate, exchange, get, hold, pick, post, type Attack, type Attacked } from './attack';

// What strangers do to the public port of a node.

const BOMB_BYTES = 49_000_000;
const MINED_ROUNDS = 1000;
const PIPELINED = 2000;
/** How long a connection that reads nothing is kept. */
const UNREAD_MS = 10_000;
const HELD = 1000;
/** Held only part of the time, or the other attacks could not connect. */
const HOLD_MS = 20_000;
const LET_GO_MS = 10_000;

/** 50 KB that unpack to 49 MB of empty lists. */
export const bomb = (): Buffer => gzipSync(`[${'[],'.repeat((BOMB_BYTES - 4) / 3)}[]]`);

/** Sets a terminal's title and clears its screen. */
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

export const PUBLIC_ATTACKS: readonly Attack[] = [
  {
    name: 'bodies of 50 KB that unpack to 49 MB',
    run: ({ port }, tell, signal) => {
      const body = bomb();
      const bodies = ['/task/1', '/nope', '/'].map((path) =>
        post(path, body, 'Content-Type: application/json\r\nContent-Encoding: gzip\r\n'),
      );
      return atRate(2, signal, async (n) =>
        tell(await exchange(port, stranger(1, n), pick(bodies, n))),
      );
    },
  },
  {
    name: 'broken bodies and paths, control characters',
    run: ({ port }, tell, signal) =>
      atRate(300, signal, async (n) =>
        tell(await exchange(port, stranger(2, n), pick(MALFORMED, n))),
      ),
  },
  { name: 'half-sent requests, 1,000 held', run: holdHalves },
  {
    name: 'pipelines of 2,000 GETs that read nothing',
    run: ({ port }, tell, signal) =>
      atRate(2, signal, async (n) => tell(await pipeline(port, stranger(4, n)))),
  },
  {
    name: 'more GETs than are allowed, from one address',
    run: ({ port }, tell, signal) =>
      atRate(300, signal, async () => tell(await exchange(port, stranger(5, 0), get('/task/1')))),
  },
  {
    name: 'questions that the node would have to answer',
    run: ({ port }, tell, signal) =>
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

/** Asks for a lot and reads nothing. */
async function pipeline(port: number, from: string): Promise<string> {
  const socket = connect({ host: LOOPBACK, port, localAddress: from });
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

/** Begins requests and never finishes them. */
function holdHalves(
  { port }: Attacked,
  tell: (outcome: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const startedAt = performance.now();
  return hold(
    {
      count: HELD,
      perSecond: 500,
      isHeld: () => (performance.now() - startedAt) % (HOLD_MS + LET_GO_MS) < HOLD_MS,
      open: (n) => {
        const socket = connect({ host: LOOPBACK, port, localAddress: stranger(3, n) });
        socket.write(pick(HALVES, n));
        return socket;
      },
    },
    tell,
    signal,
  );
}
