import type { Network } from '../network';
import { Random } from '../random';
import { isInRun } from '../rounds';
import type { BitcoinNodes } from './nodes';
import { OUTAGES, type OutageKind } from './rpc';

/** Something that happens to Bitcoin at a time within a round. */
export type BitcoinFault = {
  /** 0..1, as a fraction of the round. */
  readonly at: number;
} & (
  | { readonly kind: 'block' }
  | { readonly kind: 'reorganisation'; /** Blocks replaced. */ readonly depth: number }
  | {
      readonly kind: 'outage';
      readonly outage: OutageKind;
      /** Whose Bitcoin node, by index. */
      readonly node: number;
      /** In rounds. */
      readonly lasts: number;
    }
);

/** What happens in a round, in any order. */
export type BitcoinPlan = (round: number) => readonly BitcoinFault[];

const MIDDLE = { low: 0.15, high: 0.85 };
const OUTAGE = { low: 0.1, high: 0.3 };
const MAX_DEPTH = 3;

/**
 * In each round a block of another miner and an outage of a node's Bitcoin node; in every second one a reorganisation
 * too. By chance, the same for the same seed.
 */
export function randomPlan(seed: string, nodes: number): BitcoinPlan {
  return (round) => {
    const random = new Random(`${seed}/bitcoin/${round}`);
    const at = (): number => random.between(MIDDLE.low, MIDDLE.high);
    const faults: BitcoinFault[] = [
      { at: at(), kind: 'block' },
      {
        at: at(),
        kind: 'outage',
        outage: random.pick(OUTAGES),
        node: random.below(nodes),
        lasts: random.between(OUTAGE.low, OUTAGE.high),
      },
    ];
    if (round % 2 === 1) {
      faults.push({ at: at(), kind: 'reorganisation', depth: 1 + random.below(MAX_DEPTH) });
    }
    return faults;
  };
}

/** Has a plan happen while nodes work, and counts what happened. */
export class BitcoinFaults {
  /** How often each occurred. */
  readonly counts = new Map<'block' | 'reorganisation' | OutageKind, number>();
  readonly #ended = new AbortController();

  /** @param rounds as asked for; 0 for a run without an end */
  constructor(
    private readonly plan: BitcoinPlan,
    private readonly rounds: number,
  ) {}

  /** "block 3, reorganisation 1, 503 2" */
  summary(): string {
    return [...this.counts].map(([kind, times]) => `${kind} ${times}`).join(', ') || 'none';
  }

  /** Starts now; stops when the network ends. */
  start(network: Network, bitcoin: BitcoinNodes): void {
    const end = (): void => this.#ended.abort();
    network.finished.then(end, end);
    void this.#run(network, bitcoin).catch((error: unknown) => {
      if (!this.#ended.signal.aborted) throw error;
    });
  }

  async #run({ clock, ledger }: Network, bitcoin: BitcoinNodes): Promise<void> {
    const { signal } = this.#ended;
    const { schedule } = ledger;
    const slotAt = (round: number, at: number): number =>
      schedule.startOf(round) + Math.ceil(at * schedule.times.roundTime);
    // The clock stands still until the network has started.
    for (let round = ledger.currentRound; isInRun(round, this.rounds); round++) {
      for (const fault of [...this.plan(round)].sort((a, b) => a.at - b.at)) {
        await clock.until(slotAt(round, fault.at), signal);
        if (fault.kind === 'block') bitcoin.chain.mineOutside();
        else if (fault.kind === 'reorganisation') bitcoin.chain.reorganise(fault.depth);
        else {
          const over = clock.until(slotAt(round, fault.at + fault.lasts), signal);
          void bitcoin.rpcs[fault.node]!.beAway(fault.outage, over);
        }
        this.#count(fault.kind === 'outage' ? fault.outage : fault.kind);
      }
    }
  }

  #count(kind: 'block' | 'reorganisation' | OutageKind): void {
    this.counts.set(kind, (this.counts.get(kind) ?? 0) + 1);
  }
}
