import type { Socket } from 'node:net';
import type { Turns } from '../process/event-loop';
import { Lines } from './lines';
import { NoStratumError } from './messages';
import { Session, type StratumNode } from './session';

/** What a miner may leave unread. */
const MAX_UNSENT_BYTES = 256 * 1024;
/** Of what a miner sent, so much is dealt with in a step: a few short lines, or a part of a long one. */
const STEP_BYTES = 1_024;
const NOTHING = Buffer.alloc(0);

/** Who is told of a connection's end. */
export interface Listener {
  /** Ended by this node. */
  onEnd: (why: string) => void;
  /** What a miner sent brought up a fault of this node. */
  onFault: (error: unknown) => void;
}

/** A socket and the session that it carries. */
export class Connection {
  private readonly session: Session;
  private readonly lines = new Lines();
  /** Came, and is yet to be dealt with. */
  private unread: Buffer = NOTHING;

  /**
   * @param extranonce1 u8, fixed for the connection
   * @param turns of all connections
   */
  constructor(
    node: StratumNode,
    readonly extranonce1: number,
    private readonly socket: Socket,
    private readonly turns: Turns,
    private readonly listener: Listener,
  ) {
    this.session = new Session(node, extranonce1, {
      write: (text) => this.write(text),
      end: (why) => this.end(why),
    });
    socket.on('error', () => socket.destroy());
    socket.on('data', (bytes: Buffer) => this.keep(bytes));
  }

  /** Does something with its session, unless it is closed. */
  use(work: (session: Session) => void): void {
    if (!this.isClosed) this.orEnd(() => work(this.session));
  }

  /** Closes it at once. @param why for the log */
  end(why: string): void {
    if (this.isClosed) return;
    this.socket.destroy();
    this.listener.onEnd(why);
  }

  private get isClosed(): boolean {
    return this.socket.destroyed;
  }

  private write(text: string): void {
    if (this.isClosed) return;
    this.socket.write(text);
    if (this.socket.writableLength > MAX_UNSENT_BYTES) return this.end('it reads nothing');
    this.goOn();
  }

  /** Keeps what came until it is its turn. What comes after that has to wait. */
  private keep(bytes: Buffer): void {
    this.unread = this.unread.length === 0 ? bytes : Buffer.concat([this.unread, bytes]);
    if (this.unread.length > STEP_BYTES) this.socket.pause();
    this.goOn();
  }

  /** Goes on with what came, or reads on. */
  private goOn(): void {
    if (this.session.isFull) this.socket.pause();
    else if (this.unread.length > 0) this.turns.add(this.step);
    else if (this.socket.isPaused()) this.socket.resume();
  }

  private readonly step = (): boolean => {
    if (this.isClosed || this.session.isFull) return false;
    const bytes = this.unread.subarray(0, STEP_BYTES);
    this.unread = this.unread.subarray(STEP_BYTES);
    this.orEnd(() => {
      for (const line of this.lines.push(bytes)) this.receive(line);
    });
    if (this.unread.length === 0) this.goOn();
    return this.unread.length > 0;
  };

  private receive(line: string): void {
    if (!this.isClosed) this.session.receive(line);
  }

  /** Does something; ends the connection if what the miner sent is no Stratum, or for a fault of this node. */
  private orEnd(work: () => void): void {
    try {
      work();
    } catch (error) {
      const isTheirs = error instanceof NoStratumError;
      if (!isTheirs) this.listener.onFault(error);
      this.end(isTheirs ? error.message : 'of a fault');
    }
  }
}
