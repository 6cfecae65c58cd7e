import { randomBytes } from 'node:crypto';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { inTurns, Turns } from '../process/event-loop';
import { listenOnFreePort } from '../process/listen';
import { sparingly, type Log } from '../process/log';
import { Places } from '../process/places';
import type { Miner } from '../rounds/miner';
import { Arrivals } from './arrivals';
import { Connection } from './connection';
import { stratumOptions, type StratumConfig, type StratumOptions } from './options';
import type { Session, StratumNode } from './session';

/** Of one address, where it isn't this machine. */
const CONNECTIONS_EACH = 64;
const HANDSHAKE_MS = 15_000;
const TICK_MS = 1_000;
const KEEP_ALIVE_MS = 60_000;
/** The second byte of a prefix is fixed for a connection. */
const EXTRANONCE1S = 2 ** 8;

/** What the server needs of a node. */
export type ServedNode = Pick<StratumNode, 'intake' | 'shares' | 'workers'> & {
  miner: Pick<Miner, 'miningRound' | 'lastRound' | 'makeGround' | 'nextChange'>;
  log: Log;
};

/** Where miners connect. */
export interface StratumAddress {
  host: string;
  port: number;
  isEncrypted: boolean;
}

/** Serves Stratum V1: any SHA-256 miner that connects mines for the node. */
export class StratumServer {
  private readonly connections = new Set<Connection>();
  /** Those of the connections, and those in a handshake. */
  private readonly sockets = new Set<Socket>();
  private readonly arrivals = new Arrivals();
  /** In which what miners send is dealt with. */
  private readonly turns = new Turns();
  /** Connections by extranonce1. */
  private readonly holders = new Uint16Array(EXTRANONCE1S);
  private lastExtranonce1 = 0;
  private server: Server | undefined;
  private options: StratumOptions | undefined;
  private ticker: NodeJS.Timeout | undefined;
  private isIdleTold = false;
  private usedUpRound: number | undefined;
  /** From anywhere on: an earlier process had other ids. */
  private nextId = randomBytes(4).readUInt32BE();

  constructor(private readonly node: ServedNode) {}

  /** Listens as the owner chose; after a log line it doesn't, where there can be no server. */
  async open(config: StratumConfig): Promise<void> {
    const { log } = this.node;
    const options = await stratumOptions(config).catch((error: unknown) => {
      log.error({ error }, 'no Stratum');
      return undefined;
    });
    if (!options) return;
    const { host, port, maxConnections } = options;
    const make = this.serverMaker(options);
    const server = await listenOnFreePort(make, { host, port }, log);
    if (!server) {
      return log.error(`no Stratum on ${host}: none of the ports from ${port} on can be had`);
    }
    // Such as no descriptor for another connection: those that are open go on.
    this.server = server.on('error', this.tellFault);
    this.options = options;
    this.ticker = setInterval(() => this.tick(), TICK_MS).unref();
    this.follow();
    if (maxConnections < config.STRATUM_MAX_CONNECTIONS) {
      log.warn(
        `at most ${maxConnections} Stratum connections: half of what the system lets this process open`,
      );
    }
    log.info(`Stratum miners connect to ${stratumUrl(this.address!)}`);
  }

  /** Undefined where it doesn't listen. */
  get address(): StratumAddress | undefined {
    if (!this.server || !this.options) return undefined;
    const { port } = this.server.address() as AddressInfo;
    return { host: this.options.host, port, isEncrypted: this.options.tls !== undefined };
  }

  /** How many connections are open. */
  get size(): number {
    return this.connections.size;
  }

  /** Ends all connections. */
  async close(): Promise<void> {
    const { server } = this;
    if (!server) return;
    this.server = undefined;
    clearInterval(this.ticker);
    for (const socket of this.sockets) socket.destroy();
    await new Promise<void>((resolve) => server.close(() => resolve()));
  }

  private serverMaker({ maxConnections, password, tls }: StratumOptions): () => Server {
    const { miner, intake, shares, workers } = this.node;
    const node: StratumNode = {
      miner,
      intake,
      shares,
      workers,
      password,
      now: () => performance.now(),
      nextJobId: () => (this.nextId = (this.nextId + 1) >>> 0).toString(16).padStart(8, '0'),
      onUsedUp: (round) => this.tellUsedUp(round),
    };
    const places = new Places({
      all: maxConnections,
      each: CONNECTIONS_EACH,
      reservedForLoopback: 0,
      forLoopback: maxConnections,
    });
    const onSocket = (socket: Socket): void => this.serve(node, socket);
    const settings = { noDelay: true, keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE_MS };
    return () => {
      const server = tls
        ? createTlsServer({ ...settings, ...tls, handshakeTimeout: HANDSHAKE_MS }, onSocket)
        : createServer(settings, onSocket);
      // Before a handshake, which costs much more.
      server.prependListener('connection', (socket: Socket) => this.admit(places, socket));
      return server.on('tlsClientError', () => undefined);
    };
  }

  /** Takes a place for a connection, or closes it. */
  private admit(places: Places, socket: Socket): void {
    socket.on('error', () => socket.destroy());
    const address = socket.remoteAddress;
    const leave = this.arrivals.isFree(address) ? places.take(address) : undefined;
    if (!leave) return void socket.destroy();
    this.sockets.add(socket);
    socket.once('close', () => {
      this.sockets.delete(socket);
      leave();
    });
  }

  private serve(node: StratumNode, socket: Socket): void {
    if (socket.destroyed) return;
    const extranonce1 = (this.lastExtranonce1 = this.leastHeld());
    const connection = new Connection(node, extranonce1, socket, this.turns, {
      onEnd: this.tellEnd,
      onFault: this.tellFault,
    });
    this.connections.add(connection);
    this.holders[extranonce1]!++;
    socket.once('close', () => {
      this.connections.delete(connection);
      this.holders[extranonce1]!--;
    });
  }

  private readonly tellEnd = sparingly((times, why: string) =>
    this.node.log.debug(`${times} Stratum connections closed, the last because ${why}`),
  );
  private readonly tellFault = sparingly((times, error: unknown) =>
    this.node.log.error({ error }, `${times} faults of the Stratum server, the last`),
  );
  private readonly tellIdle = sparingly(() =>
    this.node.log.info(`${this.size} Stratum miners wait: no round is mined now`),
  );

  private tellUsedUp(round: number): void {
    if (round === this.usedUpRound) return;
    this.usedUpRound = round;
    this.node.log.warn(
      `round ${round} has no ground left for more Stratum jobs: miners go on with the last they have`,
    );
  }

  /** The extranonce1 of the fewest connections, another each time: who keeps coming back uses up no one's ground. */
  private leastHeld(): number {
    const least = Math.min(...this.holders);
    const next = this.holders.indexOf(least, this.lastExtranonce1 + 1);
    return next < 0 ? this.holders.indexOf(least) : next;
  }

  private tick(): void {
    if (this.node.miner.miningRound !== undefined) this.isIdleTold = false;
    else if (this.size > 0 && !this.isIdleTold) {
      this.isIdleTold = true;
      this.tellIdle();
    }
    void this.each((session) => session.tick());
  }

  /** Has all connections go on with new work, as soon as there is some. */
  private follow(): void {
    void this.node.miner.nextChange.then(() => {
      if (!this.server) return;
      this.follow();
      void this.each((session) => session.renew());
    });
  }

  private async each(work: (session: Session) => void): Promise<void> {
    for await (const connection of inTurns([...this.connections])) {
      connection.use(work);
    }
  }
}

/** What miners are pointed at, such as "stratum+tcp://127.0.0.1:3333". */
export function stratumUrl({ host, port, isEncrypted }: StratumAddress): string {
  const name = host.includes(':') ? `[${host}]` : host;
  return `stratum+${isEncrypted ? 'ssl' : 'tcp'}://${name}:${port}`;
}
