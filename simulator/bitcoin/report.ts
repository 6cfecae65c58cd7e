import type { BitcoinFaults } from './faults';
import type { BitcoinNodes, Refusal } from './nodes';

/** What came of a run on the simulator's Bitcoin. */
export interface BitcoinReport {
  /** How many hashes a block takes, on average: a decimal string. */
  readonly hashesPerBlock: string;
  /** Those that came after the start, in their order. */
  readonly blocks: readonly BlockReport[];
  readonly refusals: readonly Refusal[];
  /** How often each happened. */
  readonly faults: Readonly<Record<string, number>>;
}

export interface BlockReport {
  readonly height: number;
  /** 64 hex digits */
  readonly hash: string;
  /** A node's name, or "outside". */
  readonly foundBy: string;
  /** The round in which it came; null before the first one. */
  readonly round: number | null;
  readonly paid: readonly Payment[];
  /** Whether it is part of the chain of most work at the end. */
  readonly inChain: boolean;
}

export interface Payment {
  /** Hex. */
  readonly script: string;
  /** A decimal string. */
  readonly satoshi: string;
}

/** @param hashesPerBlock as the nodes were opened with */
export function bitcoinReport(
  { blocks, chain, refusals }: BitcoinNodes,
  faults: Pick<BitcoinFaults, 'counts'>,
  hashesPerBlock: number,
): BitcoinReport {
  return {
    hashesPerBlock: String(hashesPerBlock),
    blocks: blocks.map(({ entry, round }) => ({
      height: entry.height,
      hash: entry.block.hash,
      foundBy: entry.foundBy,
      round: round ?? null,
      paid: entry.block.transactions[0]!.outputs.map(({ script, value }) => ({
        script: script.toString('hex'),
        satoshi: String(value),
      })),
      inChain: chain.isInChain(entry),
    })),
    refusals,
    faults: Object.fromEntries(faults.counts),
  };
}
