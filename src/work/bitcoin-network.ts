import type { Segment } from './segment';

// What mining needs of Bitcoin. Audits and lists need nothing of it.

/** A block to build the next one on. */
export interface Tip {
  /** What is to be mined on it: prev is the tip's hash, the height that of the next block. */
  readonly segment: Segment;
  /** The time in the tip's own header: seconds since 1970, as its miner says. */
  readonly tipTime: number;
  /**
   * Asks the Bitcoin node that shows it whether it would take a block on it, leaving the block's work out.
   * @returns its reason not to, or null if it would; undefined if it can't say. Never rejects
   */
  judge(block: Uint8Array): Promise<string | null | undefined>;
}

/** What a Bitcoin node says of a block that it was handed. */
export interface BlockAnswer {
  /** Which node, without user and password: "127.0.0.1:8332". */
  node: string;
  /** inconclusive: it is kept beside another block of its height, and may still become part of the chain. */
  verdict: 'accepted' | 'inconclusive' | 'refused';
  /** In the node's own words, at most 100 printable characters; empty if it gave none. */
  reason: string;
}

/** A Bitcoin node that tips come from. */
export interface BitcoinPeer {
  /** Without user and password: "127.0.0.1:8332". */
  readonly name: string;
  /** Why nothing can be mined with it now, for people to read; undefined if something can. */
  readonly fault: string | undefined;
}

/** Follows the tips of Bitcoin's chain, and takes blocks. */
export interface BitcoinNetwork {
  readonly peers: readonly BitcoinPeer[];
  /**
   * The tip now, then each that replaces it: one with more work. After a start or a long silence it may take a while.
   * @param signal ends the stream; nothing else does, and no error
   */
  tips(signal: AbortSignal): AsyncIterable<Tip>;
  /**
   * Hands a block to all nodes at once. Each that gives no answer is asked again, at growing intervals.
   * @param onAnswer called once for each node
   * @returns resolves when all have answered, or when aborted; never rejects
   */
  handIn(
    block: Uint8Array,
    onAnswer: (answer: BlockAnswer) => void,
    signal: AbortSignal,
  ): Promise<void>;
}
