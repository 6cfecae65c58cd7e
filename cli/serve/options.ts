import { Command } from 'commander';
import type { ProofRules } from '../../src/consensus';
import { COMPILE, NO_COMPILE } from '../compile-addon';
import { wholeNumber } from '../option-types';
import { rulesOf, withRules } from '../rules';

const MAX_ROUND_SECONDS = 86_400;

export interface Options {
  /** The length of rounds that the node runs by itself; undefined if somebody else starts them. */
  rounds?: number;
  /** Whether to compile the native hash loops first, where that wasn't done. */
  compile: boolean;
  rules: ProofRules;
}

const HELP = `
Environment:
  TASK_ID               base58 of the task's account (required)
  SUBMITTER_PUBLIC_KEY  base58 of the key that proofs are submitted under (required)
  STATE_DIR             where state is kept (default: orca-state)
  and the task's own variables, such as MINING_THREADS and API_PORT: see README.md

Without --rounds somebody starts the rounds: POST /task/<number>, see docs/API.md.`;

/** Reads the command line. Says what is wrong with it and ends the process if it can't be used. */
export function parseOptions(): Options {
  const command = withRules(new Command('serve'))
    .description(
      "Runs the miner, its HTTP API and its dashboard without Koii; also Orca's container.",
    )
    .option(
      '--rounds <seconds>',
      'run round after round, each so long',
      wholeNumber(1, MAX_ROUND_SECONDS),
    )
    .option('--compile', COMPILE, false)
    .option('--no-compile', NO_COMPILE)
    .addHelpText('after', HELP)
    .allowExcessArguments(false)
    .parse();
  return Object.assign(command.opts<Omit<Options, 'rules'>>(), { rules: rulesOf(command) });
}
