import { createHash } from 'node:crypto';
import {
  BitcoinFaults,
  BitcoinNodes,
  bitcoinReport,
  OUTSIDE,
  randomPlan,
  type BitcoinPlan,
  type BlockEntry,
  type Network,
  type RunReport,
} from '../../simulator';
import { payoutAddressOf } from '../../src/bitcoin/address';
import { witnessKeyScript } from '../../src/bitcoin/block';
import { usableCpus } from '../../src/process/cpus';
import type { PaidBlock, WithBitcoin } from './bitcoin-report';
import type { SimulateOptions } from './options';

/** What a mining thread does in WebAssembly on a slow or busy machine; native code does many times as much. */
const HASHES_PER_SECOND = 3e6;

/** Hashes that a block takes on average, so that about one comes a round on a slow machine, and more on others. */
export function hashesPerBlock(
  { hashesPerBlock, roundSeconds }: Pick<SimulateOptions, 'hashesPerBlock' | 'roundSeconds'>,
  nodes: number,
  threads = Number(process.env['MINING_THREADS'] || 1),
  cpus = usableCpus(),
): number {
  const busy = Math.min(nodes * (threads || cpus), cpus);
  return hashesPerBlock ?? Math.round(HASHES_PER_SECOND * busy * roundSeconds);
}

export interface BitcoinRunOptions {
  /** Of the nodes, in order. */
  readonly names: readonly string[];
  readonly seed: string;
  /** 0 for a run without an end. */
  readonly rounds: number;
  readonly hashesPerBlock: number;
  /** By chance, if not given. */
  readonly plan?: BitcoinPlan;
  /** Called for each block that a node found, with a line about it. */
  readonly onFind?: (line: string) => void;
}

/** The simulator's Bitcoin in a run of this task. */
export class BitcoinRun {
  readonly faults: BitcoinFaults;
  /** By their script in hex. */
  readonly #payees: ReadonlyMap<string, { name: string; address: string }>;

  private constructor(
    private readonly options: BitcoinRunOptions,
    private readonly nodes: BitcoinNodes,
  ) {
    const { names, plan, rounds, seed } = options;
    this.faults = new BitcoinFaults(plan ?? randomPlan(seed, names.length), rounds);
    this.#payees = payeesOf(options);
  }

  static async open(options: BitcoinRunOptions): Promise<BitcoinRun> {
    const { hashesPerBlock, names, onFind } = options;
    const payees = payeesOf(options);
    const tell = ({ block, foundBy, height }: BlockEntry): void => {
      if (foundBy === OUTSIDE) return;
      const [output] = block.transactions[0]!.outputs;
      const payee = output && payees.get(output.script.toString('hex'));
      onFind?.(
        `${foundBy} found block ${height} of the simulated Bitcoin, which pays ${payee?.address ?? 'nobody here'}`,
      );
    };
    return new BitcoinRun(
      options,
      await BitcoinNodes.open({ names, hashesPerBlock, onBlock: tell }),
    );
  }

  /** What a node's operator sets. @param index of the node */
  variables(index: number): Readonly<Record<string, string>> {
    const [...payees] = this.#payees.values();
    return {
      BITCOIN_RPC_URL: this.nodes.rpcs[index]!.url,
      BITCOIN_COOKIE_FILE: '',
      PAYOUT_ADDRESS: payees[index]!.address,
      WORK_SOURCE: 'auto',
    };
  }

  start(network: Network): void {
    this.nodes.follow(network);
    this.faults.start(network, this.nodes);
  }

  async close(): Promise<void> {
    await this.nodes.close();
  }

  /** The report with the blocks, and with how often the tip changed in each round. */
  addTo<R extends RunReport>(report: R): R & WithBitcoin {
    const bitcoin = bitcoinReport(this.nodes, this.faults, this.options.hashesPerBlock);
    const blocks = bitcoin.blocks.map((block): PaidBlock => ({
      ...block,
      paid: block.paid.map((payment) => {
        const payee = this.#payees.get(payment.script);
        return { ...payment, address: payee?.address ?? null, node: payee?.name ?? null };
      }),
    }));
    return {
      ...report,
      rounds: report.rounds.map((round) => ({
        ...round,
        tipChanges: this.nodes.tipChangesIn(round.round),
      })),
      bitcoin: { ...bitcoin, blocks },
    };
  }
}

function payeesOf({ names, seed }: Pick<BitcoinRunOptions, 'names' | 'seed'>) {
  return new Map(
    names.map((name) => {
      const program = createHash('sha256').update(`${seed}/${name}/payout`).digest();
      const keyHash = program.subarray(0, 20);
      const address = payoutAddressOf(keyHash, 'regtest');
      return [witnessKeyScript(keyHash).toString('hex'), { name, address }];
    }),
  );
}
