import { WORK_SOURCE, type CoinbaseRules } from '../consensus';
import type { BitcoinNetwork, BitcoinPeer, Tip } from './bitcoin-network';
import type { Identity } from './identity';
import { blockOf, compareSegments, type Segment } from './segment';
import { koiiSource, templateOn, type Origin, type WorkSource, type WorkSources } from './source';

/** Tips are taken at this distance at least: a node that shows one after another can't use up the ground. */
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
  /** Told why a round is mined with source koii though bitcoin is wanted, once until that changes. */
  onFallback: (why: string) => void;
  /** Called with what should not have been thrown: it goes on all the same. */
  onFault: (error: unknown) => void;
}

/** Follows the tips of Bitcoin's chain, and makes work of them for the rounds that the owner wants mined so. */
export class BitcoinWork implements WorkSources {
  private seen: SeenTip | undefined;
  private takenAtMs = -Infinity;
  /** Shown by the node, and yet to be taken. */
  private shown: Tip | undefined;
  /** What the node was asked about last. */
  private asked: { segment: Segment; payout: Uint8Array } | undefined;
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

  /** Follows the tips until it is closed. Never rejects. */
  async follow(): Promise<void> {
    const { network, now, until, onFault } = this.options;
    const { signal } = this.end;
    while (network && !signal.aborted) {
      try {
        for await (const tip of network.tips(signal)) this.hear(tip);
      } catch (error) {
        onFault(error);
      }
      await until(now() + SHORTEST_MS, signal).catch(() => undefined);
    }
  }

  close(): void {
    this.end.abort();
  }

  async choose(): Promise<WorkSource> {
    try {
      const { wanted, payout } = this.options.choice();
      if (wanted === 'koii') {
        this.why = undefined;
        return koiiSource;
      }
      if (payout && this.options.network && !this.seen) await this.firstTip(FIRST_TIP_MS[wanted]);
      this.tellWhy(this.whyNot({ wanted, payout }));
      // It may have been chosen, or another address, since the tip came.
      if (this.seen) void this.askAbout(this.seen);
      if (this.why !== undefined || !payout) return koiiSource;
      return this.of({ source: WORK_SOURCE.bitcoin, payout });
    } catch (error) {
      this.options.onFault(error);
      return koiiSource;
    }
  }

  of(origin: Origin): WorkSource {
    if (origin.source === WORK_SOURCE.koii) return koiiSource;
    return {
      origin,
      segments: (_of, kept, signal) => this.segments(kept, signal),
    };
  }

  private tellWhy(why: string | undefined): void {
    if (why !== undefined && why !== this.why) this.options.onFallback(why);
    this.why = why;
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
    // After a restart mining goes on at once.
    let at = this.seen ? undefined : kept[kept.length - 1];
    if (at && !signal.aborted) yield at;
    while (!signal.aborted) {
      const segment = this.seen?.segment;
      if (segment && !(at && compareSegments(at, segment) === 0)) {
        at = kept.find((known) => compareSegments(known, segment) === 0) ?? segment;
        yield at;
      } else await this.nextTip(signal);
    }
  }

  /** Takes the newest tip as soon as it is time for one. */
  private hear(tip: Tip): void {
    const isWaiting = this.shown !== undefined;
    this.shown = tip;
    if (isWaiting) return;
    const { now, until } = this.options;
    const atMs = this.takenAtMs + SHORTEST_MS;
    if (now() >= atMs) return this.take();
    until(atMs, this.end.signal).then(
      () => this.take(),
      () => undefined,
    );
  }

  private take(): void {
    const { now, onTip, onFault } = this.options;
    const tip = this.shown!;
    const { segment, tipTime } = tip;
    this.shown = undefined;
    this.takenAtMs = now();
    const { seen } = this;
    // A node that comes back shows its tip anew.
    const isKnown = seen && compareSegments(seen.segment, segment) === 0;
    const seenAtMs = isKnown ? seen.seenAtMs : this.takenAtMs;
    this.seen = { segment, tipTime, judge: (block) => tip.judge(block), seenAtMs };
    for (const tell of this.waiting) tell();
    this.waiting.clear();
    try {
      if (!isKnown) onTip(this.seen);
    } catch (error) {
      onFault(error);
    }
    void this.askAbout(this.seen);
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

  /** Asks the node once whether it would take a block of ours on its tip, before work on that is lost. Never rejects. */
  private async askAbout(tip: SeenTip): Promise<void> {
    const { segment } = tip;
    try {
      const { wanted, payout } = this.options.choice();
      if (wanted === 'koii' || !payout) {
        this.asked = this.refused = undefined;
        return;
      }
      const { asked } = this;
      if (asked?.segment === segment && Buffer.compare(asked.payout, payout) === 0) return;
      this.asked = { segment, payout };
      const reason = await tip.judge(this.trialBlock(segment, payout));
      if (this.seen?.segment !== segment || this.asked?.payout !== payout) return;
      if (reason === undefined) {
        // What it said last still holds; it is asked again when a round begins.
        this.asked = undefined;
        return;
      }
      const before = this.refused?.reason;
      this.refused = reason === null ? undefined : { reason, height: segment.height };
      if (!this.refused) return;
      this.refusals++;
      if (reason !== before) this.options.onRefusal(this.refused);
    } catch (error) {
      this.options.onFault(error);
    }
  }

  private trialBlock(segment: Segment, payout: Uint8Array): Uint8Array {
    const { identity, rules } = this.options;
    const { taskId, submitter } = identity;
    const origin: Origin = { source: WORK_SOURCE.bitcoin, payout };
    // No rule of Bitcoin's looks at the seed.
    const of = { taskId, round: 0, seed: Buffer.alloc(32) };
    const template = templateOn(origin, segment, of, submitter, rules);
    return blockOf(template, {
      prefix: 0,
      extranonce2: 0,
      versionBits: 0,
      timeOffset: 0,
      nonce: 0,
    });
  }
}
