import os from 'node:os';
import { join, resolve } from 'node:path';
import { Command, Option } from 'commander';
import { KINDS, type KindName } from '../../adversaries/kinds';
import { LEDGER_NAMES, parseLedgerOptions, type LedgerOptions } from '../../simulator';
import { expectedHashes } from '../../src/bitcoin/target';
import { FLOOR } from '../../src/consensus';
import { usableCpus } from '../../src/process/cpus';
import { COMPILE, NO_COMPILE } from '../compile-addon';
import { parsedBy, seconds, wholeNumber } from '../option-types';
import { nodesOf, parseKinds } from './cheaters';

export interface SimulateOptions {
  readonly nodes: number;
  readonly rounds: number;
  readonly roundSeconds: number;
  /** Whether that was given, rather than the default. */
  readonly roundSecondsGiven: boolean;
  readonly task: string;
  /** Whether to build the task first: not if another one was given. */
  readonly build: boolean;
  /** Whether to compile the native hash loops before, where that wasn't done. */
  readonly compile: boolean;
  readonly config: string;
  readonly json?: string;
  readonly report?: string;
  /** Whether to open the first node's dashboard in a browser. */
  readonly open: boolean;
  readonly seed?: string;
  readonly keep?: string;
  /** The port of the first node's API; the other nodes use the ports after it. By default free ports. */
  readonly apiPort?: number;
  /** The same for Stratum. */
  readonly stratumPort?: number;
  /** Whether the task is this repository's: show and check its mining. */
  readonly mining: boolean;
  /** Kinds of cheaters, one or more nodes each, on top of the honest nodes. */
  readonly cheaters: readonly KindName[];
  /** Where the ledger differs from the defaults. */
  readonly ledger: Partial<LedgerOptions>;
  /** Whether nodes' RPC fails and processes are killed and frozen, by the seed. */
  readonly faults: boolean;
  /** Whether the nodes mine on a Bitcoin of the simulator's own. */
  readonly bitcoin: boolean;
  /** Of that Bitcoin, on average; by default so that about one block comes a round. */
  readonly hashesPerBlock?: number;
  /** Feed one node the proofs of this many submitters that are no processes. */
  readonly synthetic?: number;
  /** Where their proofs are kept. */
  readonly syntheticCache: string;
}

const MAX_NODES = 100;
const MAX_PORT = 65_535;
const MAX_SYNTHETIC = 100_000;
const SYNTHETIC_CACHE = join(os.tmpdir(), 'koii-synthetic-proofs');

/** Long enough to mine, submit, audit and vote if at most two nodes share a processor. */
const SHORT_ROUND_SECONDS = 9;
const LONG_ROUND_SECONDS = 18;
const NODES_A_PROCESSOR = 2;

/** Only a share can be a block, and a share takes as many. */
const LEAST_HASHES_PER_BLOCK = Number(expectedHashes(FLOOR));

/** Options that don't go with many submitters: such a run is one honest node, for as many rounds as needed. */
const NOT_SYNTHETIC = [
  'nodes',
  'rounds',
  'report',
  'open',
  'apiPort',
  'stratumPort',
  'cheaters',
  'ledger',
  'faults',
  'bitcoin',
  'hashesPerBlock',
  'mining',
];

/**
 * Reads the command line; prints help or a message and exits as commander does.
 * @param command the one to define the options in; for tests, which make it throw
 */
export function parseOptions(
  argv: readonly string[],
  command = new Command('simulate'),
): SimulateOptions {
  command
    .description('Runs real task processes over one simulated K2 ledger, in compressed time.')
    .option('--nodes <count>', 'nodes in the network', wholeNumber(1, MAX_NODES), 3)
    .option('--rounds <count>', 'rounds to work in; 0 runs until Ctrl-C', wholeNumber(0), 3)
    .option(
      '--round-seconds <seconds>',
      `how long a round takes (default: ${SHORT_ROUND_SECONDS}, or ${LONG_ROUND_SECONDS}: docs/SIMULATOR.md)`,
      seconds,
    )
    .option('--build', 'build dist/main.js first, unless --task names another one', false)
    .option('--compile', `with --build, before it ${COMPILE}`, false)
    .option('--no-compile', NO_COMPILE)
    .option('--task <file>', "the task's bundle", 'dist/main.js')
    .option('--config <file>', 'its deployment', 'config-task.yml')
    .option('--json <file>', 'write the whole run here (docs/SIMULATOR.md)')
    .option('--report <file>', 'write the whole run here as a page that stands alone')
    .addOption(
      new Option('--open', "open the first node's dashboard in a browser")
        .default(false)
        .conflicts('mining'),
    )
    .option('--seed <text>', 'derive task id and keys from this text; random when left out')
    .option('--keep <directory>', "keep the nodes' files here; an empty or new directory")
    .option(
      '--api-port <port>',
      "the first node's API port, the others have those after it; free ports when left out",
      wholeNumber(1, MAX_PORT - MAX_NODES),
    )
    .option(
      '--stratum-port <port>',
      "the port of the first node's Stratum server, likewise",
      wholeNumber(1, MAX_PORT - MAX_NODES),
    )
    .addOption(
      new Option(
        '--cheaters <kinds>',
        `nodes that cheat, on top of --nodes (docs/ADVERSARIES.md): ${Object.keys(KINDS).join(', ')}`,
      )
        .argParser(parsedBy(parseKinds))
        .default([], 'none')
        .conflicts('mining'),
    )
    .option(
      '--ledger <names>',
      `where the ledger differs (docs/SIMULATOR.md): ${LEDGER_NAMES.join(', ')}`,
      parsedBy(parseLedgerOptions),
      {},
    )
    .option('--faults', 'let the RPC fail, kill and freeze processes (docs/RELIABILITY.md)', false)
    .addOption(
      new Option(
        '--bitcoin',
        "mine on a Bitcoin of the simulator's own, with tips, outages and reorganisations",
      )
        .default(false)
        .conflicts('mining'),
    )
    .option(
      '--hashes-per-block <count>',
      'how many hashes a block of that Bitcoin takes on average (default: about one block a round)',
      wholeNumber(LEAST_HASHES_PER_BLOCK),
    )
    .addOption(
      new Option(
        '--synthetic <count>',
        'instead: one node, and so many submitters that are no processes',
      )
        .argParser(wholeNumber(1, MAX_SYNTHETIC))
        .conflicts(NOT_SYNTHETIC),
    )
    .option('--synthetic-cache <directory>', 'where their proofs are kept', SYNTHETIC_CACHE)
    .option('--no-mining', 'the task is another one: no mining columns, no proofs')
    .parse([...argv]);
  const isGiven = (name: string): boolean => command.getOptionValueSource(name) === 'cli';
  if (isGiven('syntheticCache') && !isGiven('synthetic')) {
    command.error("error: option '--synthetic-cache <directory>' goes with --synthetic alone");
  }
  if (isGiven('hashesPerBlock') && !isGiven('bitcoin')) {
    command.error("error: option '--hashes-per-block <count>' goes with --bitcoin alone");
  }
  const { json, report } = command.opts<SimulateOptions>();
  if (json !== undefined && report !== undefined && resolve(json) === resolve(report)) {
    command.error('error: --json and --report would write the same file');
  }
  const options = command.opts<Omit<SimulateOptions, 'roundSeconds'> & { roundSeconds?: number }>();
  return {
    ...options,
    build: options.build && !isGiven('task'),
    roundSeconds: options.roundSeconds ?? defaultRoundSeconds(options),
    roundSecondsGiven: options.roundSeconds !== undefined,
  };
}

/**
 * How long a round takes unless the command line says.
 * @param cpus how many processors may be used; a fraction under a quota
 */
export function defaultRoundSeconds(
  run: Pick<SimulateOptions, 'nodes' | 'cheaters' | 'mining' | 'faults' | 'synthetic'>,
  cpus = usableCpus(),
): number {
  const isPlain = run.mining && !run.faults && run.synthetic === undefined;
  const nodes = run.nodes + nodesOf(run.cheaters);
  return isPlain && nodes <= NODES_A_PROCESSOR * cpus ? SHORT_ROUND_SECONDS : LONG_ROUND_SECONDS;
}
