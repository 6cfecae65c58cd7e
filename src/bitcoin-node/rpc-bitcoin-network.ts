import { setMaxListeners } from 'node:events';
import { monotonicClock, type Clock } from '../process/clock';
import type { Log } from '../process/log';
import type { BitcoinNetwork, BitcoinPeer, BlockAnswer, Tip } from '../work/bitcoin-network';
import type { BitcoinChain } from './answers';
import { handIn } from './hand-in';
import { RpcClient } from './rpc';
import { parseRpcUrl } from './rpc-url';
import { TipChoice } from './tip-choice';
import { TipFollower } from './tip-follower';

export interface RpcBitcoinNetworkOptions {
  /** Each as `parseRpcUrl` reads it; at least one. */
  urls: readonly string[];
  /** Has user and password of the nodes whose URL has none. */
  cookieFile?: string | undefined;
  /** Nodes of another network aren't mined with. */
  network: BitcoinChain;
  log: Log;
  clock?: Clock;
  /** The time of day, ms since 1970. */
  now?: () => number;
}

/** Bitcoin's network as one's own nodes show it, by JSON-RPC. */
export class RpcBitcoinNetwork implements BitcoinNetwork {
  readonly peers: readonly BitcoinPeer[];
  private readonly followers: readonly TipFollower[];
  private readonly clock: Clock;
  private readonly log: Log;
  private choice = new TipChoice();
  /** Those who follow the tips; while there are none, no node is asked. */
  private readonly readers = new Set<object>();
  private following = new AbortController();
  private readonly awaiting = new Set<() => void>();

  /** @throws RangeError when a URL isn't one; it doesn't quote it */
  constructor(options: RpcBitcoinNetworkOptions) {
    const { urls, cookieFile, network, log, clock = monotonicClock, now = Date.now } = options;
    this.clock = clock;
    this.log = log;
    const onLook = (): void => this.look();
    this.followers = urls.map((url) => {
      const rpc = new RpcClient(parseRpcUrl(url), cookieFile);
      return new TipFollower(rpc, network, clock, now, log, onLook);
    });
    this.peers = this.followers;
  }

  async *tips(signal: AbortSignal): AsyncGenerator<Tip, void, undefined> {
    const reader = {};
    const leave = (): void => this.leave(reader);
    signal.addEventListener('abort', leave);
    try {
      if (!signal.aborted) this.join(reader);
      let last: Tip | undefined;
      while (!signal.aborted) {
        const tip = this.choice.inUse?.tip;
        if (tip && tip !== last) yield (last = tip);
        else await new Promise<void>((resolve) => this.awaiting.add(resolve));
      }
    } finally {
      signal.removeEventListener('abort', leave);
      leave();
    }
  }

  async handIn(
    block: Uint8Array,
    onAnswer: (answer: BlockAnswer) => void,
    signal: AbortSignal,
  ): Promise<void> {
    const blockHex = Buffer.from(block).toString('hex');
    // Many blocks may be handed in under one signal.
    setMaxListeners(0, signal);
    await Promise.all(
      this.followers.map(async ({ rpc, name }) => {
        const answer = await handIn(rpc, blockHex, this.clock, signal, (why) =>
          this.log.warn(`Bitcoin node ${name} has no answer to a block yet: ${why}`),
        );
        if (answer) onAnswer(answer);
      }),
    );
  }

  private join(reader: object): void {
    this.readers.add(reader);
    if (this.readers.size > 1) return;
    // What was in use before is old.
    this.choice = new TipChoice();
    this.following = new AbortController();
    // Each follower listens.
    setMaxListeners(0, this.following.signal);
    for (const follower of this.followers) void follower.follow(this.following.signal);
  }

  private leave(reader: object): void {
    if (this.readers.delete(reader) && this.readers.size === 0) this.following.abort();
    this.wake();
  }

  private look(): void {
    if (this.choice.look(this.followers, this.clock.now())) this.wake();
  }

  private wake(): void {
    for (const resolve of this.awaiting) resolve();
    this.awaiting.clear();
  }
}
