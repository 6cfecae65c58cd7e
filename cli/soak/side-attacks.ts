import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { lanAddress } from '../../src/http/addresses';
import { LOOPBACK, RIG_ADDRESS, stranger } from './addresses';
import { atRate, exchange, get, hold, pick, post, type Attack } from './attack';

// What neighbours on a LAN, and web pages in the owner's browser, do to a node's side port.

const JSON_TYPE = 'Content-Type: application/json\r\n';
/** A browser's headers for a page's cross-site request without a preflight. */
const OF_A_PAGE =
  'Content-Type: text/plain\r\nOrigin: http://page.example\r\nSec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: no-cors\r\n';
/** A page whose name was made to resolve to the node (DNS rebinding). */
const REBOUND = 'page.example';
/** A program on this machine, or a client behind a proxy that names nobody. */
const THROUGH_A_PROXY = `${JSON_TYPE}X-Orca-Control: 1\r\nAuthorization: Bearer ${'0'.repeat(32)}\r\n`;
const PAUSE = JSON.stringify({ action: 'pause' });

const STREAMS = 40;
const IDLE = 1000;

const hex = (bytes: number): string => randomBytes(bytes).toString('hex');

/** Well-formed, but not a share. */
function forged(round: number, n: number): string {
  return JSON.stringify({
    hash: `${'0'.repeat(16)}${hex(24)}`,
    difficulty: 1,
    block_height: round,
    worker_id: `rig-${pick(['a', 'b', String(n)], n)}`,
    submission_id: n % 10 === 0 ? `<img src=x onerror=alert(${n})>` : String(n),
    extranonce2: hex(4),
    nonce: hex(4),
  });
}

/** Bodies and types that are not a share. */
const MALFORMED: readonly (readonly [string, string])[] = [
  ['{}', JSON_TYPE],
  ['{', JSON_TYPE],
  ['{}', 'Content-Type: text/plain\r\n'],
  [JSON.stringify({ hash: 'x'.repeat(17_000) }), JSON_TYPE],
];

export const SIDE_ATTACKS: readonly Attack[] = [
  {
    name: 'pages that start rounds, submit, pause and listen',
    isForbidden: true,
    run: (attacked, tell, signal) =>
      atRate(50, signal, async (n) => {
        const host = `${LOOPBACK}:${attacked.port}`;
        const asked = [
          post(`/task/${attacked.round + 1}`, '', OF_A_PAGE, host),
          post(`/submission/${attacked.round}`, forged(attacked.round, n), OF_A_PAGE, host),
          post('/dashboard/control', PAUSE, OF_A_PAGE, host),
          get('/dashboard/events', OF_A_PAGE, host),
        ];
        // The owner's browser has the owner's address.
        tell(await exchange(attacked.port, LOOPBACK, pick(asked, n)));
      }),
  },
  {
    name: 'pages whose name was made to point here',
    isForbidden: true,
    run: (attacked, tell, signal) =>
      atRate(50, signal, async (n) => {
        const own = `Origin: http://${REBOUND}\r\nSec-Fetch-Site: same-origin\r\n`;
        const asked = [
          ...['/', '/audit', '/metrics', '/dashboard/events', `/task/${attacked.round}`].map(
            (path) => get(path, own, REBOUND),
          ),
          post(`/task/${attacked.round + 1}`, '{}', JSON_TYPE + own, REBOUND),
        ];
        tell(await exchange(attacked.port, LOOPBACK, pick(asked, n)));
      }),
  },
  {
    name: 'whoever pauses through a proxy of this machine',
    isForbidden: true,
    run: (attacked, tell, signal) =>
      atRate(10, signal, async (n) => {
        const order = post(
          '/dashboard/control',
          PAUSE,
          THROUGH_A_PROXY,
          `localhost:${attacked.port}`,
        );
        tell(await exchange(attacked.port, stranger(11, n), order));
      }),
  },
  {
    name: 'workers that want a place and do no work',
    run: (attacked, tell, signal) =>
      atRate(100, signal, async (n) => {
        const asked = get(`/task/${attacked.round}?worker_id=idler-${n}`, '', LOOPBACK);
        tell(await exchange(attacked.port, stranger(12, n), asked));
      }),
  },
  {
    name: 'malformed shares, from the address of an honest rig',
    run: (attacked, tell, signal) =>
      atRate(250, signal, async (n) => {
        const [body, type] = pick(MALFORMED, n);
        const request = post(`/submission/${attacked.round}`, body, type, LOOPBACK);
        tell(await exchange(attacked.port, RIG_ADDRESS, request));
      }),
  },
  {
    name: 'forged shares under others’ names and ids',
    run: (attacked, tell, signal) =>
      atRate(100, signal, async (n) => {
        const share = forged(attacked.round, n);
        const request = post(`/submission/${attacked.round}`, share, JSON_TYPE, LOOPBACK);
        tell(await exchange(attacked.port, stranger(13, n), request));
      }),
  },
  {
    name: 'event streams, 40 wanted from one address of the LAN',
    run: ({ port }, tell, signal) =>
      fromTheLan(STREAMS, 20, tell, signal, (address) => {
        const socket = connect({ host: address, port, localAddress: address });
        socket.write(get('/dashboard/events', '', `${address}:${port}`));
        return socket;
      }),
  },
  {
    name: 'idle connections, 1,000 wanted from one address of the LAN',
    run: ({ port }, tell, signal) =>
      fromTheLan(IDLE, 300, tell, signal, (address) =>
        connect({ host: address, port, localAddress: address }),
      ),
  },
];

async function fromTheLan(
  count: number,
  perSecond: number,
  tell: (outcome: string) => void,
  signal: AbortSignal,
  open: (address: string) => Socket,
): Promise<void> {
  const address = lanAddress();
  if (address === undefined) return tell('left out: this machine has no address but loopback');
  await hold({ count, perSecond, open: () => open(address) }, tell, signal);
}
