import { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Clock } from '../../../src/process/clock';
import { Turns } from '../../../src/process/event-loop';
import { createLog } from '../../../src/process/log';
import { Bests } from '../../../src/rounds/bests';
import { Round } from '../../../src/rounds/round';
import { RoundKeeper } from '../../../src/rounds/round-keeper';
import { RoundStore } from '../../../src/rounds/round-store';
import { ShareIntake } from '../../../src/rounds/share-intake';
import { ShareLog } from '../../../src/rounds/share-log';
import { Connection } from '../../../src/stratum/connection';
import type { StratumNode } from '../../../src/stratum/session';
import { koiiSegment } from '../../../src/work/coinbases';
import { Workers } from '../../../src/workers/workers';
import { MemoryStore } from '../../../tests/fixtures/memory-store';
import { identity, seed } from '../../../tests/fixtures/template';

export const ROUND = 7;
/** Of the connection. */
export const EXTRANONCE1 = 0x5a;
/** Turns of the event loop within which everything that waits for the store is done. */
const TURNS = 1_000;

/**
 * What happens to a connection: text that comes over it, so many seconds that pass, the next round that begins (null),
 * or the mining that ends (false).
 */
export type Step = string | number | null | false;

/** As much of a socket as a connection uses. */
class FakeSocket extends EventEmitter {
  destroyed = false;
  readonly writableLength = 0;
  written = '';
  private paused = false;

  write(text: string): void {
    if (!this.destroyed) this.written += text;
  }

  destroy(): void {
    this.destroyed = true;
  }

  pause(): void {
    this.paused = true;
  }

  resume(): void {
    this.paused = false;
  }

  isPaused(): boolean {
    return this.paused;
  }
}

/** One connection of a node that begins with nothing: the same steps, the same bytes. Its door for shares is the real one. */
export class ConnectedNode {
  /** Faults of this node, which nothing that comes over a connection may bring up. */
  readonly faults: unknown[] = [];
  /** All bytes that were read. */
  received = Buffer.alloc(0);
  private readonly socket = new FakeSocket();
  private readonly connection: Connection;
  private jobs = 0;
  private round: Round | undefined;
  private miningRound: number | undefined;

  private constructor(
    readonly workers: Workers,
    readonly shares: ShareLog,
    private readonly intake: ShareIntake,
    private readonly keeper: RoundKeeper,
    private readonly time: { nowMs: number },
  ) {
    const socket = this.socket as unknown as Socket;
    this.connection = new Connection(this.node(), EXTRANONCE1, socket, new Turns(), {
      onEnd: () => undefined,
      onFault: (error) => this.faults.push(error),
    });
  }

  static async open(): Promise<ConnectedNode> {
    const store = new MemoryStore();
    const log = createLog('silent');
    const time = { nowMs: 0 };
    const now = (): number => time.nowMs;
    // Nobody waits for a batch to fill.
    const clock: Clock = { now, until: () => Promise.resolve() };
    const shares = await ShareLog.open(store, log, clock);
    const bests = await Bests.open(store, log);
    const intake = new ShareIntake({ identity, shares, bests });
    const rounds = new RoundStore(store, (record) => intake.restore(record), log);
    const keeper = new RoundKeeper({ store: rounds, shares, log, clock });
    const node = new ConnectedNode(new Workers(now), shares, intake, keeper, time);
    await node.beginRound(ROUND);
    return node;
  }

  get isClosed(): boolean {
    return this.socket.destroyed;
  }

  /** Everything that was sent. */
  get sent(): string {
    return this.socket.written;
  }

  async take(step: Step): Promise<void> {
    if (typeof step === 'string') await this.read(Buffer.from(step));
    else if (typeof step === 'number') await this.pass(step);
    else if (step === null) await this.beginRound(this.round!.number + 1);
    else this.miningRound = undefined;
  }

  /** Resolves when nothing is left to be done. */
  async settle(): Promise<void> {
    // What came is dealt with in turns of the event loop, and answered once it is stored.
    for (let turn = 0; turn < 3 || (this.isBusy && turn < TURNS); turn++) {
      await nextTurn();
      await this.intake.settle();
    }
    if (this.isBusy) throw new Error('it never reads on');
  }

  private get isBusy(): boolean {
    return this.socket.isPaused() && !this.isClosed;
  }

  private async read(bytes: Buffer): Promise<void> {
    // Whatever the cut: lines and characters come in pieces.
    const middle = bytes.length >> 1;
    for (const piece of [bytes.subarray(0, middle), bytes.subarray(middle)]) {
      if (this.isClosed || piece.length === 0) continue;
      this.received = Buffer.concat([this.received, piece]);
      this.socket.emit('data', piece);
      await this.settle();
    }
  }

  private async pass(seconds: number): Promise<void> {
    for (let second = 0; second < seconds && !this.isClosed; second++) {
      this.time.nowMs += 1000;
      this.connection.use((session) => session.tick());
    }
    await this.settle();
  }

  private async beginRound(number: number): Promise<void> {
    const round = Round.begin(identity, number, seed);
    round.workOn(round.addSegment(koiiSegment({ taskId: identity.taskId, round: number, seed })));
    await this.keeper.save(round);
    this.intake.open(round, this.keeper, () => undefined);
    this.round = round;
    this.miningRound = number;
    this.connection.use((session) => session.renew());
    await this.settle();
  }

  private node(): StratumNode {
    const current = (): Round | undefined => this.round;
    const mining = (): number | undefined => this.miningRound;
    return {
      miner: {
        get miningRound() {
          return mining();
        },
        get lastRound() {
          return current();
        },
        makeGround: (round, secondByte) => this.keeper.makeGround(round, secondByte),
      },
      intake: this.intake,
      shares: this.shares,
      workers: this.workers,
      password: '',
      now: () => this.time.nowMs,
      nextJobId: () => (++this.jobs).toString(16).padStart(8, '0'),
      onUsedUp: () => undefined,
    };
  }
}
