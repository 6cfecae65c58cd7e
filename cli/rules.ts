import type { Command } from 'commander';
import { payoutProgramOf, type BitcoinNetworkName } from '../src/bitcoin/address';
import {
  BITCOIN_NETWORKS,
  IS_BUNDLE,
  PROOF_RULES,
  proofRules,
  type ProofRules,
  type TaskPayout,
} from '../src/consensus';
import { parsedBy } from './option-types';

// What a bundle is built with, chosen on the command line by what runs from source. The build reads its own options by
// the same functions (build/consensus.js).

interface RulesOptions {
  bitcoinNetwork?: BitcoinNetworkName;
  /** Read once the network is known, which may be named after it. */
  taskPayout?: string;
}

const TASK_PAYOUT_FLAGS = '--task-payout <address:percent>';

/** @throws Error that says what was expected; the caller adds what it got */
export function parseNetwork(text: string): BitcoinNetworkName {
  const network = BITCOIN_NETWORKS.find((name) => name === text);
  if (network) return network;
  throw new Error(`Expected one of ${BITCOIN_NETWORKS.join(', ')}.`);
}

/**
 * Reads which part of a Bitcoin block's subsidy goes to the task.
 * @param text such as bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4:10
 * @throws Error that says what was expected; the caller adds what it got
 */
export function parseTaskPayout(text: string, network: BitcoinNetworkName): TaskPayout {
  const [, address, percent] = /^([^:]+):([1-9]\d?)$/.exec(text) ?? [];
  if (address === undefined || Number(percent) > 50) {
    throw new Error('Expected an address, a colon and a percentage from 1 to 50.');
  }
  try {
    const program = Buffer.from(payoutProgramOf(address, network)).toString('hex');
    return { program, percent: Number(percent) };
  } catch (error) {
    const { message } = error as RangeError;
    throw new Error(`E${message.slice(1)}.`, { cause: error });
  }
}

/** Gives a command the options by which its rules are chosen. A bundle's are fixed: there it has none. */
export function withRules(command: Command): Command {
  if (IS_BUNDLE) return command;
  return command
    .option(
      '--bitcoin-network <name>',
      `the Bitcoin network of the bundle, one of ${BITCOIN_NETWORKS.join(', ')}; main when left out`,
      parsedBy(parseNetwork),
    )
    .option(TASK_PAYOUT_FLAGS, 'the task-payout that the bundle was built with, if any');
}

/** The rules that were chosen. Says what is wrong with them and ends the process if they can't be used. */
export function rulesOf(command: Command): ProofRules {
  const { bitcoinNetwork: network = PROOF_RULES.network, taskPayout: text } =
    command.opts<RulesOptions>();
  if (IS_BUNDLE) return PROOF_RULES;
  try {
    const taskPayout = text === undefined ? undefined : parseTaskPayout(text, network);
    return proofRules({ network, taskPayout });
  } catch (error) {
    // In the wording with which commander refuses an option by itself.
    const { message } = error as Error;
    return command.error(
      `error: option '${TASK_PAYOUT_FLAGS}' argument '${text}' is invalid. ${message}`,
    );
  }
}
