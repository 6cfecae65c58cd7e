import { WORK_SOURCE, type CoinbaseRules } from '../consensus';
import type { BitcoinNetwork, BitcoinPeer, Tip } from './bitcoin-network';
import type { Identity } from './identity';
import { blockOf, compareSegments, type Segment } from './segment';
import {
  koiiSource,
  minedTemplateOn,
  type Origin,
  type WorkSource,
  type WorkSources,
} from './source';

/** Segments follow each other at this distance at least: a node that shows tip after tip can't use up the ground. */
const SHORTEST_MS = 1000;
/** How long the start of a round waits for the first tip: with `auto`, and where the owner insists on bitcoin. */
const FIRST_TIP_MS = { auto: 3_000, bitcoin: 20_000 };

/** What the owner chose. */
export interface BitcoinChoice {
  wanted: 'auto' | 'koii' | 'bitcoin';
  /** P2WPKH program, 20 bytes; undefined where none is set. */
  payout: Uint8Array | undefined;
}

/** The newest tip, and when this process first saw it. */
export interface SeenTip extends Tip {
  readonly seenAtMs: number;
}

/** Why a Bitcoin node would not take this node's blocks. */
export interface Refusal {
  /** In the node's words. */
  readonly reason: string;
  readonly height: number;
}

export interface BitcoinWorkOptions {
  /** Undefined where no Bitcoin node is configured. */
  network: BitcoinNetwork | undefined;
  identity: Identity;
  rules: CoinbaseRules;
  /** What the owner wants now: asked when a round begins, and at each tip. */
  choice: () => BitcoinChoice;
  /** A clock that only moves forward, in ms, and a wait by it that rejects when aborted. */
  now: () => number;
  until: (atMs: number, signal?: AbortSignal) => Promise<void>;
  onTip: (tip: SeenTip) => void;
  /** Called once for each reason, until the node would take a block or has another reason. */
  onRefusal: (refusal: Refusal) => void;
}

/** Follows the tips of Bitcoin's chain, and makes work of them for the rounds that the owner wants mined so. */
export class BitcoinWork implements WorkSources {
  private seen: SeenTip | undefined;
  private refused: Refusal | undefined;
  private refusals = 0;
  private why: string | undefined;
  private readonly waiting = new Set<() => void>();
  private readonly end = new AbortController();

  constructor(private readonly options: BitcoinWorkOptions) {}

  /** The newest tip; undefined before the first. */
  get tip(): SeenTip | undefined {
    return this.seen;
  }

  /** Set while the node that shows the tip would refuse a block on it. */
  get refusal(): Refusal | undefined {
    return this.refused;
  }

  /** For how many tips of this process the node would have refused a block. */
  get refusalsSinceStart(): number {
    return this.refusals;
  }

  get peers(): readonly BitcoinPeer[] {
    return this.options.network?.peers ?? [];
  }

  /** Why the round that began last is mined with source koii, for people; undefined where it isn't, or was chosen so. */
  get whyKoii(): string | undefined {
    return this.why;
  }

  /** Follows the tips until it is closed. */
  async follow(): Promise<void> {
    const { network, now, onTip } = this.options;
    if (!network) return;
    for await (const tip of network.tips(this.end.signal)) {
      const { segment, tipTime } = tip;
      this.seen = { segment, tipTime, judge: (block) => tip.judge(block), seenAtMs: now() };
      for (const tell of this.waiting) tell();
      this.waiting.clear();
      onTip(this.seen);
      void this.askAbout(tip);
    }
  }

  close(): void {
    this.end.abort();
  }

  async choose(): Promise<WorkSource> {
    const { wanted, payout } = this.options.choice();
    this.why = undefined;
    if (wanted === 'koii') return koiiSource;
    if (payout && this.options.network && !this.seen) await this.firstTip(FIRST_TIP_MS[wanted]);
    this.why = this.whyNot({ wanted, payout });
    if (this.why !== undefined || !payout) return koiiSource;
    return this.of({ source: WORK_SOURCE.bitcoin, payout });
  }

  of(origin: Origin): WorkSource {
    if (origin.source === WORK_SOURCE.koii) return koiiSource;
    return {
      origin,
      segments: (_of, kept, signal) => this.segments(kept, signal),
    };
  }

  private whyNot({ wanted, payout }: BitcoinChoice): string | undefined {
    const { network } = this.options;
    // Nobody wants it who has set neither.
    if (!network && !payout && wanted === 'auto') return undefined;
    if (!network) return 'BITCOIN_RPC_URL is not set';
    if (!payout) return 'PAYOUT_ADDRESS is not set';
    if (this.refused) return `the Bitcoin node would refuse our block: ${this.refused.reason}`;
    const isAway = network.peers.every(({ fault }) => fault !== undefined);
    // Who insists on bitcoin goes on with the last tip: a block on it waits for the node.
    if (this.seen && (wanted === 'bitcoin' || !isAway)) return undefined;
    const [first] = network.peers;
    return first?.fault ?? 'the Bitcoin node has shown no tip yet';
  }

  private async *segments(kept: readonly Segment[], signal: AbortSignal): AsyncIterable<Segment> {
    const { now, until } = this.options;
    const last = kept[kept.length - 1];
    // After a restart mining goes on at once.
    if (!this.seen && last) yield last;
    let at: Segment | undefined;
    let sinceMs = -Infinity;
    while (!signal.aborted) {
      if (!this.seen || this.seen.segment === at) {
        await this.nextTip(signal);
        continue;
      }
      const isInTime = await until(sinceMs + SHORTEST_MS, signal).then(
        () => true,
        () => false,
      );
      if (!isInTime) return;
      const { segment }: SeenTip = this.seen;
      at = segment;
      sinceMs = now();
      yield kept.find((known) => compareSegments(known, segment) === 0) ?? segment;
    }
  }

  /** Resolves at the next tip, or when aborted. */
  private nextTip(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const tell = (): void => {
        signal.removeEventListener('abort', tell);
        this.waiting.delete(tell);
        resolve();
      };
      signal.addEventListener('abort', tell, { once: true });
      if (signal.aborted) tell();
      else this.waiting.add(tell);
    });
  }

  private async firstTip(withinMs: number): Promise<void> {
    const waited = new AbortController();
    const { now, until } = this.options;
    const over = until(now() + withinMs, waited.signal).then(
      () => waited.abort(),
      () => undefined,
    );
    await this.nextTip(waited.signal);
    waited.abort();
    await over;
  }

  /** Asks the node whether it would take a block of ours on its tip, before work on that is lost. */
  private async askAbout(tip: Tip): Promise<void> {
    const { choice, identity, rules, onRefusal } = this.options;
    const { payout } = choice();
    if (!payout) return;
    const { taskId, submitter } = identity;
    // No rule of Bitcoin's looks at the seed.
    const of = { taskId, round: 0, seed: Buffer.alloc(32) };
    const origin: Origin = { source: WORK_SOURCE.bitcoin, payout };
    const template = minedTemplateOn(origin, tip.segment, of, submitter, rules);
    const attempt = { prefix: 0, extranonce2: 0, versionBits: 0, timeOffset: 0, nonce: 0 };
    const reason = await tip.judge(blockOf(template, attempt));
    if (this.seen?.segment !== tip.segment) return;
    const before = this.refused?.reason;
    this.refused = reason === undefined ? undefined : { reason, height: tip.segment.height };
    if (!this.refused) return;
    this.refusals++;
    if (reason !== before) onRefusal(this.refused);
  }
}
