import os from 'node:os';
import { join } from 'node:path';

import { Command, InvalidArgumentError } from 'commander';

import { KINDS, type KindName } from '../../adversaries/kinds';
import { LEDGER_NAMES, parseLedgerOptions, type LedgerOptions } from '../../simulator/index';
import { parseKinds } from './cheaters';

export interface SimulateOptions {
  readonly nodes: number;
  readonly rounds: number;
  readonly roundSeconds: number;
  readonly task: string;
  readonly config: string;
  readonly json?: string;
  readonly report?: string;
  /** Whether to open the first node's dashboard in a browser. */
  readonly open: boolean;
  readonly seed?: string;
  readonly keep?: string;
  /** The port of the first node's API; the other nodes have the ports after it. Free ports when left out. */
  readonly apiPort?: number;
  /** Whether the task is this repository's: show and check its mining. */
  readonly mining: boolean;
  /** Ways to cheat, a node or more for each, on top of the honest nodes. */
  readonly cheaters: readonly KindName[];
  /** Where the ledger differs from the defaults. */
  readonly ledger: Partial<LedgerOptions>;
  /** Whether nodes' RPC fails and processes are killed and frozen, by the seed. */
  readonly faults: boolean;
  /** Feed one node the proofs of so many submitters that are no processes. */
  readonly synthetic?: number;
  /** Where their proofs are kept. */
  readonly syntheticCache: string;
}

const MAX_NODES = 100;
const MAX_PORT = 65_535;
const MAX_SYNTHETIC = 100_000;
const SYNTHETIC_CACHE = join(os.tmpdir(), 'koii-synthetic-proofs');

/** Reads the command line; prints help or a message and exits where commander does. */
export function parseOptions(argv: readonly string[]): SimulateOptions {
  const command = new Command('simulate')
    .description('Runs real task processes over one simulated K2 ledger, in compressed time.')
    .option('--nodes <count>', 'nodes in the network', wholeNumber(1, MAX_NODES), 3)
    .option('--rounds <count>', 'rounds to work in; 0 runs until Ctrl-C', wholeNumber(0), 3)
    .option('--round-seconds <seconds>', 'how long a round takes', positive, 18)
    .option('--task <file>', "the task's bundle", 'dist/main.js')
    .option('--config <file>', 'its deployment', 'config-task.yml')
    .option('--json <file>', 'write the whole run here (docs/SIMULATOR.md)')
    .option('--report <file>', 'write the whole run here as a page that stands alone')
    .option('--open', "open the first node's dashboard in a browser", false)
    .option('--seed <text>', 'derive task id and keys from this text; random when left out')
    .option('--keep <directory>', "keep the nodes' files here; an empty or new directory")
    .option(
      '--api-port <port>',
      "the first node's API port, the others have those after it; free ports when left out",
      wholeNumber(1, MAX_PORT - MAX_NODES),
    )
    .option(
      '--cheaters <kinds>',
      `nodes that cheat, on top of --nodes (docs/ADVERSARIES.md): ${Object.keys(KINDS).join(', ')}`,
      parsedBy(parseKinds),
      [],
    )
    .option(
      '--ledger <names>',
      `where the ledger differs (docs/SIMULATOR.md): ${LEDGER_NAMES.join(', ')}`,
      parsedBy(parseLedgerOptions),
      {},
    )
    .option('--faults', 'let the RPC fail, kill and freeze processes (docs/RELIABILITY.md)', false)
    .option(
      '--synthetic <count>',
      'instead: one node, and so many submitters that are no processes',
      wholeNumber(1, MAX_SYNTHETIC),
    )
    .option('--synthetic-cache <directory>', 'where their proofs are kept', SYNTHETIC_CACHE)
    .option('--no-mining', 'the task is another one: no mining columns, no proofs')
    .parse([...argv]);
  const options = command.opts<SimulateOptions>();
  if (options.cheaters.length > 0 && !options.mining) {
    command.error("error: --cheaters cheat at this repository's task alone, not with --no-mining");
  }
  return options;
}

/** The same parser for commander: its message is the user's. */
function parsedBy<T>(parse: (text: string) => T): (text: string) => T {
  return (text) => {
    try {
      return parse(text);
    } catch (error) {
      throw new InvalidArgumentError((error as Error).message);
    }
  };
}

function wholeNumber(min: number, max = Number.MAX_SAFE_INTEGER): (text: string) => number {
  return (text) => {
    const value = /^\d+$/.test(text) ? Number(text) : NaN;
    if (value >= min && value <= max) return value;
    const range = max === Number.MAX_SAFE_INTEGER ? `of at least ${min}` : `${min} to ${max}`;
    throw new InvalidArgumentError(`Expected a whole number ${range}.`);
  };
}

function positive(text: string): number {
  const value = Number(text);
  if (Number.isFinite(value) && value > 0) return value;
  throw new InvalidArgumentError('Expected a number above 0.');
}
