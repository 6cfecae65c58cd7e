import { once } from 'node:events';
import http from 'node:http';
import { connect, type Socket } from 'node:net';

// Who has to hear of a new tip, and notes when: by the clock of process.hrtime, which the node's threads have too.

/** When something first heard of the work on a block, in ns, by the block's prev as it is hashed, in hex. */
export type Heard = Map<string, bigint>;

/** A Stratum miner that finds nothing. */
export class WatchingMiner {
  /** Of jobs that were clean. */
  readonly heard: Heard = new Map();
  private rest = '';

  private constructor(private readonly socket: Socket) {
    socket.setEncoding('latin1').setNoDelay(true);
    socket.on('error', () => undefined);
    socket.on('data', (text: string) => this.read(text, process.hrtime.bigint()));
  }

  static async open(port: number, name: string): Promise<WatchingMiner> {
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    const miner = new WatchingMiner(socket);
    const ask = (id: number, method: string, params: unknown[]): void =>
      void socket.write(`${JSON.stringify({ id, method, params })}\n`);
    ask(1, 'mining.subscribe', ['bench']);
    ask(2, 'mining.authorize', [name, 'd=1000000']);
    return miner;
  }

  close(): void {
    this.socket.destroy();
  }

  private read(text: string, atNs: bigint): void {
    const lines = (this.rest + text).split('\n');
    this.rest = lines.pop()!;
    for (const line of lines) {
      if (!line.includes('"mining.notify"')) continue;
      const { params } = JSON.parse(line) as { params?: [string, string, ...unknown[]] };
      if (params?.[8] !== true) continue;
      note(this.heard, Buffer.from(params[1], 'hex').swap32().toString('hex'), atNs);
    }
  }
}

/** A worker over HTTP that asks for the job after its last one, over and over. */
export class WatchingWorker {
  readonly heard: Heard = new Map();
  private readonly agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  private isClosed = false;

  /** @param url of the node's API */
  constructor(private readonly url: string) {}

  /** Until it is closed, or the node answers anything but work: then it hears of no more. */
  async follow(): Promise<void> {
    let after = '';
    while (!this.isClosed) {
      const path = `${this.url}/task?worker_id=bench${after && `&after=${after}`}`;
      const answer = await this.get(path).catch(() => undefined);
      const atNs = process.hrtime.bigint();
      if (!answer) return;
      const { work } = answer;
      note(this.heard, work.prev, atNs);
      after = work.job_id;
    }
  }

  close(): void {
    this.isClosed = true;
    this.agent.destroy();
  }

  private async get(url: string): Promise<Answer> {
    const request = http.get(url, { agent: this.agent });
    const [response] = (await once(request, 'response')) as [http.IncomingMessage];
    let body = '';
    for await (const chunk of response.setEncoding('utf8')) body += String(chunk);
    if (response.statusCode !== 200) throw new Error(`expected work, got ${body}`);
    return JSON.parse(body) as Answer;
  }
}

/** Of GET /task. */
interface Answer {
  work: { job_id: string; prev: string };
}

function note(heard: Heard, prev: string, atNs: bigint): void {
  if (!heard.has(prev)) heard.set(prev, atNs);
}
