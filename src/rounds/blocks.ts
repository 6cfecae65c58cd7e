import { z } from 'zod';
import { displayHash } from '../bitcoin/target';
import type { Log } from '../process/log';
import { readRecord, storedCount, type KeyValueStore } from '../store/store';
import type { Attempt } from '../work/attempt';
import type { BitcoinNetwork, BlockAnswer } from '../work/bitcoin-network';
import { paymentIn } from '../work/coinbases';
import { blockOf, type Template } from '../work/segment';

/** An attempt whose hash makes its header a block. */
export interface FoundBlock {
  /** Number of the round it was found in. */
  round: number;
  template: Template;
  attempt: Attempt;
  hashValue: bigint;
  /** Who found it: a remote worker's id, or LOCAL_WORKER. */
  workerId: string;
}

/** pending: no node has answered yet; given up: none did until the chain was far ahead. */
export const BLOCK_STATES = ['pending', 'accepted', 'inconclusive', 'refused', 'given up'] as const;
export type BlockState = (typeof BLOCK_STATES)[number];

/** A block that this node found. */
export interface Block extends Pick<FoundBlock, 'round' | 'workerId'> {
  /** As Bitcoin shows it. */
  readonly hash: string;
  readonly height: number;
  /** What it pays to the operator, in satoshi. */
  readonly valueSat: number;
  /** The P2WPKH program that this goes to, 40 hex digits. */
  readonly payout: string;
  /** When it was found by this machine's clock, in ms since 1970: only for people to read. */
  readonly foundAt: number;
  readonly state: BlockState;
  readonly answers: readonly BlockAnswer[];
}

interface KeptBlock extends Block {
  state: BlockState;
  answers: BlockAnswer[];
  /** Whole, in hex. */
  readonly bytes: string;
}

const KEY = 'blocks';
/** Blocks kept, the newest; a record of them stays below 64 KiB. */
const MAX_BLOCKS = 32;
/** With so many blocks behind it, a block's height is decided. */
const BLOCKS_AHEAD = 100;
/** Answers kept of each. */
const MAX_ANSWERS = 8;
const RETRY_MS = 1000;

const verdict = z.enum(['accepted', 'inconclusive', 'refused']);
const blockSchema = z.strictObject({
  hash: z.string().regex(/^[0-9a-f]{64}$/),
  height: storedCount,
  round: storedCount,
  workerId: z.string(),
  valueSat: storedCount,
  payout: z.string().regex(/^[0-9a-f]{40}$/),
  foundAt: storedCount,
  state: z.enum(BLOCK_STATES),
  answers: z.array(z.strictObject({ node: z.string(), verdict, reason: z.string() })),
  bytes: z.string().regex(/^([0-9a-f]{2})+$/),
});
const recordSchema = z.array(blockSchema).max(MAX_BLOCKS);

/** @param answer what is new of the block, if that is an answer */
export type BlockListener = (block: Block, answer?: BlockAnswer) => void;

export interface BlocksOptions {
  store: KeyValueStore;
  /** Undefined where no Bitcoin node is configured: then blocks wait in the store. */
  network: Pick<BitcoinNetwork, 'handIn'> | undefined;
  log: Log;
}

/**
 * The blocks that this node found. Each is handed to all Bitcoin nodes and written to the store at once; one that no
 * node has answered for is handed in again by the next process.
 */
export class Blocks {
  private readonly handing = new Map<KeptBlock, AbortController>();
  private readonly listeners: BlockListener[] = [];
  private writing: Promise<void> = Promise.resolve();
  private isChanged = false;
  private foundCount = 0;

  private constructor(
    private readonly options: BlocksOptions,
    /** The oldest first. */
    private readonly blocks: KeptBlock[],
  ) {}

  /** Reads what earlier processes found, and hands in again what no node has answered for. */
  static async open(options: BlocksOptions): Promise<Blocks> {
    const { store, log } = options;
    const kept = (await readRecord(store, KEY, recordSchema, log)) ?? [];
    const blocks = new Blocks(options, kept);
    for (const block of kept) if (block.state === 'pending') blocks.handIn(block);
    return blocks;
  }

  /** The newest 32, newest first. */
  list(): readonly Block[] {
    return [...this.blocks].reverse();
  }

  /** How many this process found. */
  get foundSinceStart(): number {
    return this.foundCount;
  }

  /** Calls a listener for each block found from now on, for each answer to one, and when one is given up. */
  onChange(listener: BlockListener): void {
    this.listeners.push(listener);
  }

  /** Takes a block. Never waits; one that was found already changes nothing. */
  found({ round, template, attempt, hashValue, workerId }: FoundBlock): void {
    const hash = displayHash(hashValue);
    if (this.blocks.some((known) => known.hash === hash)) return;
    const { valueSat, program } = paymentIn(template);
    const block: KeptBlock = {
      hash,
      height: template.height,
      round,
      workerId,
      valueSat,
      payout: program.toString('hex'),
      foundAt: Date.now(),
      state: 'pending',
      answers: [],
      bytes: blockOf(template, attempt).toString('hex'),
    };
    this.handIn(block);
    this.add(block);
    this.foundCount++;
    const { height } = block;
    this.options.log.info(`found block ${hash} at height ${height}: ${valueSat} satoshi`);
    this.tell(block);
  }

  /** Gives up the blocks that the chain has left far behind. @param height of the block that is mined now */
  chainIsAt(height: number): void {
    for (const block of this.blocks) {
      if (block.state !== 'pending' || height < block.height + BLOCKS_AHEAD) continue;
      block.state = 'given up';
      this.handing.get(block)?.abort();
      this.options.log.warn(`no Bitcoin node answered for block ${block.hash}: given up`);
      this.tell(block);
    }
  }

  /** Ends what is under way; the next process goes on with it. Resolves when everything is stored. */
  async close(): Promise<void> {
    for (const handing of this.handing.values()) handing.abort();
    await this.write().catch(() => undefined);
  }

  private add(block: KeptBlock): void {
    this.blocks.push(block);
    if (this.blocks.length <= MAX_BLOCKS) return;
    const answered = this.blocks.findIndex(({ state }) => state !== 'pending');
    const [dropped] = this.blocks.splice(Math.max(0, answered), 1);
    if (dropped?.state !== 'pending') return;
    this.handing.get(dropped)?.abort();
    this.options.log.warn(`block ${dropped.hash} is dropped: too many wait for an answer`);
  }

  private handIn(block: KeptBlock): void {
    const { network } = this.options;
    if (!network) return;
    const handing = new AbortController();
    this.handing.set(block, handing);
    const onAnswer = (answer: BlockAnswer): void => this.answered(block, answer);
    void network
      .handIn(Buffer.from(block.bytes, 'hex'), onAnswer, handing.signal)
      .finally(() => this.handing.delete(block));
  }

  private answered(block: KeptBlock, answer: BlockAnswer): void {
    const { log } = this.options;
    block.answers = [...block.answers, answer].slice(-MAX_ANSWERS);
    const has = (verdict: BlockState): boolean =>
      block.state === verdict || answer.verdict === verdict;
    block.state = has('accepted') ? 'accepted' : has('inconclusive') ? 'inconclusive' : 'refused';
    const reason = answer.reason === '' ? '' : ` (${answer.reason})`;
    const level = answer.verdict === 'refused' ? 'error' : 'info';
    log[level](`block ${block.hash} is ${answer.verdict} by ${answer.node}${reason}`);
    this.tell(block, answer);
  }

  private tell(block: Block, answer?: BlockAnswer): void {
    this.isChanged = true;
    this.write().catch((error: unknown) => {
      this.options.log.error({ error }, 'the blocks found could not be stored');
      setTimeout(() => void this.write().catch(() => undefined), RETRY_MS).unref();
    });
    for (const listener of this.listeners) listener(block, answer);
  }

  /** One write at a time, each of all that changed before it. @throws when it could not be written */
  private write(): Promise<void> {
    this.writing = this.writing
      .catch(() => undefined)
      .then(async () => {
        if (!this.isChanged) return;
        this.isChanged = false;
        try {
          await this.options.store.set(KEY, JSON.stringify(this.blocks));
        } catch (error) {
          this.isChanged = true;
          throw error;
        }
      });
    return this.writing;
  }
}
