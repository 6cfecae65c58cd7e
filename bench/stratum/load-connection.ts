import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { FLOOR, VERSION_BITS_SHIFT } from '../../src/consensus';
import type { Kernel } from '../../src/mining/kernels/kernel';
import { Search } from '../../src/mining/search';
import type { Attempt } from '../../src/work/attempt';
import type { Template } from '../../src/work/segment';

// A miner that costs next to nothing, so that the node gets the processors: its shares are found and written out before
// the time is taken, and an answer is recognized by its beginning.

/** What a connection works on, from mining.subscribe and mining.notify. */
interface Ground {
  jobId: string;
  template: Template;
  prefix: number;
}

/** Told of each answer. */
export type OnAnswer = (latencyMs: number) => void;

const NOTIFICATION = '{"id":null';
/** Fixed, and below what any server lets it be: the floor it is. */
const PASSWORD = 'd=1e-12';

export class LoadConnection {
  /** Called once it is closed. */
  onClose: () => void = () => undefined;
  onAnswer: OnAnswer = () => undefined;
  isClosed = false;
  /** The shares in the order in which they are submitted. */
  readonly shares: Attempt[] = [];
  private readonly lines: string[] = [];
  private readonly sentAtMs: number[] = [];
  private ground: Ground | undefined;
  private extranonce1 = 0;
  private sent = 0;
  private answers = 0;
  private rest = '';
  private waiting: { id: number; resolve: (answer: Answer) => void } | undefined;
  private readonly working: Promise<void>;
  private startWorking: () => void = () => undefined;

  private constructor(
    private readonly socket: Socket,
    private readonly name: string,
  ) {
    this.working = new Promise((resolve) => (this.startWorking = resolve));
    socket.setEncoding('latin1');
    socket.setNoDelay(true);
    socket.on('error', () => undefined);
    socket.on('data', (text: string) => this.read(text));
    socket.on('close', () => {
      this.isClosed = true;
      this.onClose();
    });
  }

  /** Connects, and resolves with a job in hand. @throws Error when it is refused */
  static async open(port: number, name: string): Promise<LoadConnection> {
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    const connection = new LoadConnection(socket, name);
    const options = { 'version-rolling.mask': 'ffffffff' };
    await connection.ask(-1, 'mining.configure', [['version-rolling'], options]);
    const subscribed = await connection.ask(-2, 'mining.subscribe', ['bench']);
    connection.extranonce1 = Number.parseInt((subscribed as [unknown, string])[1], 16);
    await connection.ask(-3, 'mining.authorize', [name, PASSWORD]);
    await connection.working;
    return connection;
  }

  /** What it works on. */
  get template(): Template {
    return this.ground!.template;
  }

  /** How many of `shares`, from the first on, were answered: all with true. */
  get acknowledged(): number {
    return this.answers;
  }

  /** Whether it has shares left to submit. */
  get hasMore(): boolean {
    return this.sent < this.lines.length;
  }

  /** Finds shares that it can submit later. */
  find(count: number, kernel: Kernel): void {
    const { jobId, template, prefix } = this.ground!;
    const search = new Search(kernel, { template, prefix, extranonce2: 0 }, FLOOR);
    const hashesEach = Number((1n << 256n) / FLOOR);
    while (this.lines.length < count) {
      const { found } = search.step((count - this.lines.length) * hashesEach);
      for (const attempt of found) {
        const { extranonce2, nonce, versionBits } = attempt;
        const numbers = [extranonce2, template.time, nonce, versionBits << VERSION_BITS_SHIFT];
        const params = [this.name, jobId, ...numbers.map(hex32)];
        this.lines.push(lineOf({ id: this.lines.length, method: 'mining.submit', params }));
        this.shares.push(attempt);
      }
    }
  }

  /** Submits the next share, if it has one. */
  submit(): void {
    this.sentAtMs.push(performance.now());
    this.socket.write(this.lines[this.sent++]!);
  }

  close(): void {
    this.socket.destroy();
  }

  private async ask(id: number, method: string, params: unknown[]): Promise<unknown> {
    const answered = new Promise<Answer>((resolve, reject) => {
      this.waiting = { id, resolve };
      this.socket.once('close', () => reject(new Error(`closed before ${method} was answered`)));
    });
    this.socket.write(lineOf({ id, method, params }));
    const { result, error } = await answered;
    if (error) throw new Error(`${method}: ${JSON.stringify(error)}`);
    return result;
  }

  private read(text: string): void {
    const lines = (this.rest + text).split('\n');
    this.rest = lines.pop()!;
    for (const line of lines) {
      if (line.startsWith(NOTIFICATION)) this.note(line);
      else if (this.waiting) this.tell(this.waiting, line);
      else this.take(line);
    }
  }

  private take(line: string): void {
    const id = this.answers++;
    if (!line.startsWith(`{"id":${id},"result":true`)) {
      throw new Error(`expected share ${id} to be accepted, got ${line}`);
    }
    this.onAnswer(performance.now() - this.sentAtMs[id]!);
  }

  private tell({ id, resolve }: NonNullable<typeof this.waiting>, line: string): void {
    const answer = JSON.parse(line) as Answer;
    if (answer.id !== id) throw new Error(`expected an answer to ${id}, got ${line}`);
    this.waiting = undefined;
    resolve(answer);
  }

  /** Goes on with its first job: its shares are taken as long as the round lasts. */
  private note(line: string): void {
    if (this.ground || !line.includes('"mining.notify"')) return;
    const { params } = JSON.parse(line) as { params: [string, ...string[]] };
    const [jobId, prev, coinbase1, coinbase2, , , bits, time] = params as unknown as string[];
    const salted = Buffer.from(coinbase1!, 'hex');
    this.ground = {
      jobId: jobId!,
      prefix: salted.readUInt8(salted.length - 1) * 2 ** 8 + this.extranonce1,
      template: {
        // Only its coinbase tells the height.
        height: 0,
        prev: Buffer.from(prev!, 'hex').swap32(),
        coinbase1: salted.subarray(0, -1),
        coinbase2: Buffer.from(coinbase2!, 'hex'),
        bits: Number.parseInt(bits!, 16),
        time: Number.parseInt(time!, 16),
      },
    };
    this.startWorking();
  }
}

interface Answer {
  id: number;
  result: unknown;
  error: unknown;
}

function lineOf(message: unknown): string {
  return `${JSON.stringify(message)}\n`;
}

function hex32(value: number): string {
  return (value >>> 0).toString(16).padStart(8, '0');
}
