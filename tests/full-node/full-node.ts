import { execFileSync, fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import path from 'node:path';

const PASSWORD = 'for-tests-alone';

/** A block, as the full node tells it. */
export interface ChainBlock {
  height: number;
  hash: string;
  /** Hex digits. */
  raw: string;
  /** What its coinbase pays, in order. */
  outputs: { satoshi: number; scriptHex: string }[];
  /** Of the block on it; null if there is none, or if it is not in the chain. */
  nextHash: string | null;
}

/** Hashes of the blocks that came and of those that they took the place of, as people write them, the lowest first. */
export interface Extended {
  added: string[];
  replaced: string[];
}

/** A Bitcoin full node on regtest in a process of its own, which checks blocks as all of Bitcoin does. */
export class FullNode {
  private calls = 0;

  private constructor(
    private readonly child: ChildProcess,
    private readonly port: number,
  ) {}

  /**
   * Starts one whose chain is the genesis block, installing it on first use.
   * @param bits the compact target of all blocks after it
   */
  static async start(bits: number): Promise<FullNode> {
    if (!existsSync(path.join(__dirname, 'node_modules/bcoin'))) {
      const args = ['ci', '--ignore-scripts', '--no-audit', '--no-fund'];
      execFileSync('npm', args, { cwd: __dirname, stdio: 'pipe' });
    }
    const options = JSON.stringify({ bits, password: PASSWORD });
    const child = fork(path.join(__dirname, 'node.js'), [options], { execArgv: [] });
    const ended = once(child, 'exit').then(() => Promise.reject(new Error('it ended')));
    const [message] = (await Promise.race([once(child, 'message'), ended])) as [{ port: number }];
    ended.catch(() => undefined);
    return new FullNode(child, message.port);
  }

  /** The address of its RPC, with user and password. */
  get url(): string {
    return `http://miner:${PASSWORD}@127.0.0.1:${this.port}`;
  }

  async stop(): Promise<void> {
    if (this.child.exitCode !== null) return;
    const exit = once(this.child, 'exit');
    this.child.kill('SIGKILL');
    await exit;
  }

  /** What a call by RPC gives. @throws Error in the node's words */
  async call<T>(method: string, ...params: unknown[]): Promise<T> {
    const response = await fetch(`http://127.0.0.1:${this.port}`, {
      method: 'POST',
      headers: { authorization: `Basic ${btoa(`miner:${PASSWORD}`)}` },
      body: JSON.stringify({ method, params, id: ++this.calls }),
    });
    const { result, error } = (await response.json()) as {
      result: T;
      error: { message: string } | null;
    };
    if (error) throw new Error(`${method}: ${error.message}`);
    return result;
  }

  /**
   * Adds blocks as other miners would.
   * @param instead how many blocks at the chain's end they take the place of, fewer than count
   */
  async extend(count: number, instead = 0): Promise<Extended> {
    const id = ++this.calls;
    const answered = new Promise<ExtendAnswer>((resolve) => {
      const take = (message: ExtendAnswer): void => {
        if (message.id !== id) return;
        this.child.off('message', take);
        resolve(message);
      };
      this.child.on('message', take);
    });
    this.child.send({ id, count, instead });
    const { extended, error } = await answered;
    if (!extended) throw new Error(error);
    return extended;
  }

  /** Number of blocks after the genesis block. */
  height(): Promise<number> {
    return this.call('getblockcount');
  }

  /** The chain after its genesis block, the lowest block first. */
  async chain(): Promise<ChainBlock[]> {
    const heights = Array.from({ length: await this.height() }, (_, before) => before + 1);
    return Promise.all(
      heights.map(async (height) => this.block(await this.call('getblockhash', height))),
    );
  }

  /** A block of the chain or beside it. @param hash as people write it */
  async block(hash: string): Promise<ChainBlock> {
    const [raw, { height, tx, nextblockhash }] = await Promise.all([
      this.call<string>('getblock', hash, false),
      this.call<VerboseBlock>('getblock', hash, true, true),
    ]);
    const outputs = tx[0]!.vout.map(({ value, scriptPubKey: { hex } }) => ({
      satoshi: Math.round(value * 1e8),
      scriptHex: hex,
    }));
    return { height, hash, raw, outputs, nextHash: nextblockhash };
  }
}

/** As RPC tells it. */
interface VerboseBlock {
  height: number;
  tx: { vout: { value: number; scriptPubKey: { hex: string } }[] }[];
  nextblockhash: string | null;
}

interface ExtendAnswer {
  id: number;
  extended?: Extended;
  error?: string;
}
