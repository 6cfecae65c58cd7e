import { createHash } from 'node:crypto';
import { EventEmitter, once } from 'node:events';
import { outsideBlock, parseBlock, type Block } from './block';
import { faultInside, faultOnParent, lackOfWork, subsidyAt, type ChainRules } from './check';
import { workOf } from './target';

/** Who mines what the simulator itself makes. */
export const OUTSIDE = 'outside';

/** As Core's regtest. */
export const HALVING_BLOCKS = 150;

/** A block of the tree. */
export interface Entry {
  readonly block: Block;
  readonly height: number;
  /** Undefined for the genesis block. */
  readonly parent: Entry | undefined;
  /** Hashes that all blocks to this one take, on average. */
  readonly work: bigint;
  /** Median of the times of this block and the ten before it. */
  readonly medianTime: number;
  /** Who handed it in first. */
  readonly foundBy: string;
}

const MEDIAN_OF = 11;
const GENESIS_TIME = Date.UTC(2026, 0, 1) / 1000;
const NO_HASH = '00'.repeat(32);
/** P2WPKH of nobody's key. */
const OUTSIDE_SCRIPT = Buffer.concat([
  Buffer.of(0, 20),
  createHash('sha256').update(OUTSIDE).digest().subarray(0, 20),
]);

/** Who handed a block in, and whether it needs work: what the simulator makes itself has none. */
export interface Origin {
  readonly foundBy: string;
  readonly needsWork: boolean;
}

export interface ChainOptions {
  /** Of every block: compact target. */
  readonly bits: number;
  /** Seconds since 1970. */
  readonly now?: () => number;
  /** Called for each block after the genesis block. @param isTip whether it is the tip now */
  readonly onBlock?: (entry: Entry, isTip: boolean) => void;
}

/** A regtest of the simulator's own: blocks by hash, of which the chain of most work counts. */
export class BitcoinChain {
  readonly rules: ChainRules;
  readonly #entries = new Map<string, Entry>();
  readonly #tips = new EventEmitter().setMaxListeners(0);
  #tip: Entry;
  #outsideBlocks = 0;

  /** Seconds since 1970. */
  readonly now: () => number;
  readonly #onBlock: NonNullable<ChainOptions['onBlock']>;

  constructor({ bits, now = secondsNow, onBlock = () => {} }: ChainOptions) {
    this.rules = { bits, halvingBlocks: HALVING_BLOCKS };
    this.now = now;
    this.#onBlock = onBlock;
    this.#tip = this.#insert(
      parseBlock(this.#outside({ hash: NO_HASH, height: -1 }, GENESIS_TIME)),
      undefined,
      OUTSIDE,
    );
  }

  get tip(): Entry {
    return this.#tip;
  }

  /** All blocks, in the order in which they came. */
  get entries(): readonly Entry[] {
    return [...this.#entries.values()];
  }

  get(hash: string): Entry | undefined {
    return this.#entries.get(hash);
  }

  /** The block at a height of the chain of most work. */
  at(height: number): Entry | undefined {
    return height > this.#tip.height ? undefined : ancestor(this.#tip, height);
  }

  isInChain(entry: Entry): boolean {
    return this.at(entry.height) === entry;
  }

  /**
   * Takes a block.
   * @returns null if it is the tip now, else in Core's words why it isn't: "inconclusive" if it is kept beside the chain
   */
  add(block: Block, { foundBy, needsWork }: Origin): string | null {
    if (this.#entries.has(block.hash)) return 'duplicate';
    const inside = (needsWork ? lackOfWork(block, this.rules) : undefined) ?? faultInside(block);
    if (inside !== undefined) return inside;
    const parent = this.#entries.get(block.prev);
    if (!parent) return 'prev-blk-not-found';
    const fault = faultOnParent(block, parent, this.rules, this.now());
    if (fault !== undefined) return fault;
    const entry = this.#insert(block, parent, foundBy);
    // Of two with the same work the first one stays.
    const isTip = entry.work > this.#tip.work;
    if (isTip) this.#tip = entry;
    this.#onBlock(entry, isTip);
    if (isTip) this.#tips.emit('tip');
    return isTip ? null : 'inconclusive';
  }

  /** What Core says of a block whose work is left out. @returns null if it would take it */
  judge(block: Block): string | null {
    if (this.#entries.has(block.hash)) return 'duplicate';
    if (block.prev !== this.#tip.block.hash) return 'inconclusive-not-best-prevblk';
    return faultInside(block) ?? faultOnParent(block, this.#tip, this.rules, this.now()) ?? null;
  }

  /** Another miner finds a block. @param parent the tip, if not given */
  mineOutside(parent = this.#tip): Entry {
    const time = Math.max(this.now(), parent.medianTime + 1);
    const bytes = this.#outside({ hash: parent.block.hash, height: parent.height }, time);
    const block = parseBlock(bytes);
    const fault = this.add(block, { foundBy: OUTSIDE, needsWork: false });
    if (fault !== null && fault !== 'inconclusive') throw new Error(`outside block: ${fault}`);
    return this.#entries.get(block.hash)!;
  }

  /** Other miners' blocks replace the newest ones. @param depth how many, 1 or more; at most all but the genesis block */
  reorganise(depth: number): void {
    let branch = this.at(Math.max(0, this.#tip.height - depth))!;
    while (branch !== this.#tip) branch = this.mineOutside(branch);
  }

  /** Resolves at the next change of the tip. @throws AbortError */
  async tipChange(signal: AbortSignal): Promise<void> {
    await once(this.#tips, 'tip', { signal });
  }

  #insert(block: Block, parent: Entry | undefined, foundBy: string): Entry {
    const times = [block.time];
    for (let each = parent; each && times.length < MEDIAN_OF; each = each.parent) {
      times.push(each.block.time);
    }
    times.sort((a, b) => a - b);
    const entry: Entry = {
      block,
      parent,
      foundBy,
      height: parent ? parent.height + 1 : 0,
      work: (parent?.work ?? 0n) + workOf(block.bits),
      medianTime: times[times.length >> 1]!,
    };
    this.#entries.set(block.hash, entry);
    return entry;
  }

  #outside(parent: { hash: string; height: number }, time: number): Buffer {
    const height = parent.height + 1;
    return outsideBlock({
      prev: parent.hash,
      height,
      time,
      bits: this.rules.bits,
      message: Buffer.from(`${OUTSIDE} ${this.#outsideBlocks++}`, 'ascii'),
      value: subsidyAt(height, this.rules.halvingBlocks),
      script: OUTSIDE_SCRIPT,
    });
  }
}

function secondsNow(): number {
  return Math.floor(Date.now() / 1000);
}

function ancestor(entry: Entry, height: number): Entry | undefined {
  let found: Entry | undefined = entry;
  while (found && found.height > height) found = found.parent;
  return found;
}
