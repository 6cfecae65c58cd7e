import { randomBytes } from 'node:crypto';
import type { Network } from '../network';
import { freePorts } from '../ports';
import { BitcoinChain, OUTSIDE, type Entry } from './chain';
import type { Judgement } from './methods';
import { BitcoinRpc } from './rpc';
import { bitsFor } from './target';

export interface BitcoinNodesOptions {
  /** Of the nodes, in order: each has a Bitcoin node of its own. */
  readonly names: readonly string[];
  /** Hashes that a block takes, on average. */
  readonly hashesPerBlock: number;
  /** Called for each block that comes after the start. */
  readonly onBlock?: (entry: Entry) => void;
}

/** A block that came after the start. */
export interface TakenBlock {
  readonly entry: Entry;
  /** The round in which it came; undefined before the first one. */
  readonly round: number | undefined;
}

/** What a Bitcoin node did not take. */
export interface Refusal {
  readonly node: string;
  readonly what: 'block' | 'proposal';
  /** 64 hex digits */
  readonly hash: string;
  /** In Core's words. */
  readonly reason: string;
}

const USER = 'simulator';
/** Enough for a reorganisation in round 0. */
const FIRST_BLOCKS = 4;
/** Reasons that tell of another block that came at the same time. */
const HARMLESS = ['duplicate', 'inconclusive', 'inconclusive-not-best-prevblk'];

/** A Bitcoin node for each node of a network, all on one chain. */
export class BitcoinNodes {
  readonly chain: BitcoinChain;
  /** In the nodes' order. */
  readonly rpcs: BitcoinRpc[] = [];
  readonly blocks: TakenBlock[] = [];
  readonly refusals: Refusal[] = [];
  /** How often each round's tip was replaced. */
  readonly #tipChanges = new Map<number, number>();
  #currentRound: () => number | undefined = () => undefined;

  private constructor({ hashesPerBlock, onBlock }: BitcoinNodesOptions) {
    let isStarted = false;
    this.chain = new BitcoinChain({
      bits: bitsFor(hashesPerBlock),
      onBlock: (entry, isTip) => {
        if (!isStarted) return;
        const round = this.#currentRound();
        this.blocks.push({ entry, round });
        if (isTip && round !== undefined) {
          this.#tipChanges.set(round, this.tipChangesIn(round) + 1);
        }
        onBlock?.(entry);
      },
    });
    for (let i = 0; i < FIRST_BLOCKS; i++) this.chain.mineOutside();
    isStarted = true;
  }

  /** Opens the RPC of each on a free port of loopback. */
  static async open(options: BitcoinNodesOptions): Promise<BitcoinNodes> {
    const nodes = new BitcoinNodes(options);
    const { names } = options;
    const ports = await freePorts(names.length);
    for (const [index, name] of names.entries()) {
      const note =
        (what: Refusal['what']) =>
        ({ block: { hash }, reason }: Judgement): void => {
          if (reason === null || HARMLESS.includes(reason)) return;
          nodes.refusals.push({ node: name, what, hash, reason });
        };
      nodes.rpcs.push(
        await BitcoinRpc.open({
          chain: nodes.chain,
          name,
          port: ports[index]!,
          user: USER,
          password: randomBytes(16).toString('hex'),
          onSubmit: note('block'),
          onProposal: note('proposal'),
        }),
      );
    }
    return nodes;
  }

  /** From now on blocks are noted with the round in which they come. */
  follow({ clock, ledger }: Network): void {
    this.#currentRound = () =>
      clock.isRunning ? ledger.schedule.roundAt(clock.slot()) : undefined;
  }

  /** Blocks that nodes of the network found. */
  get found(): readonly TakenBlock[] {
    return this.blocks.filter(({ entry }) => entry.foundBy !== OUTSIDE);
  }

  tipChangesIn(round: number): number {
    return this.#tipChanges.get(round) ?? 0;
  }

  async close(): Promise<void> {
    await Promise.all(this.rpcs.map((rpc) => rpc.close()));
  }
}
