import type { Socket } from 'node:net';
import { inTurns } from '../process/event-loop';
import { Lines } from './lines';
import { NoStratumError } from './messages';
import { Session, type StratumNode } from './session';

/** What a miner may leave unread. */
const MAX_UNSENT_BYTES = 256 * 1024;
/** More lines than these at once are dealt with in turns with other work. */
const LINES_AT_ONCE = 32;

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
  private isReading = false;

  /** @param extranonce1 u8, fixed for the connection */
  constructor(
    node: StratumNode,
    readonly extranonce1: number,
    private readonly socket: Socket,
    private readonly listener: Listener,
  ) {
    this.session = new Session(node, extranonce1, {
      write: (text) => this.write(text),
      end: (why) => this.end(why),
    });
    socket.on('error', () => socket.destroy());
    socket.on('data', (bytes: Buffer) => this.orEnd(() => this.read(bytes)));
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

  private read(bytes: Buffer): void {
    const whole = this.lines.push(bytes);
    if (whole.length <= LINES_AT_ONCE) whole.forEach((line) => this.receive(line));
    else void this.readInTurns(whole);
    if (this.session.isFull) this.socket.pause();
  }

  private async readInTurns(lines: readonly string[]): Promise<void> {
    this.isReading = true;
    this.socket.pause();
    for await (const line of inTurns(lines)) this.orEnd(() => this.receive(line));
    this.isReading = false;
    this.goOn();
  }

  private receive(line: string): void {
    if (!this.isClosed) this.session.receive(line);
  }

  /** Reads on, when nothing is left to be done first. */
  private goOn(): void {
    if (this.socket.isPaused() && !this.isReading && !this.session.isFull) this.socket.resume();
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
