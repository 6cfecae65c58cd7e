/** Blocks after which the subsidy halves, by network. */
const HALVING_BLOCKS = { main: 210_000, regtest: 150 };

/**
 * Reads which part of a Bitcoin block's reward goes to the task.
 *
 * @param {string} text such as e060385126b355a9740e4c9f70900ba0980ca07e:10, a P2WPKH program in hex and percent
 * @returns {{ program: string, percent: number }}
 * @throws Error that says what was expected; the caller adds what it got
 */
function parseTaskPayout(text) {
  const [, program, percent] = /^([0-9a-f]{40}):([1-9]\d?)$/i.exec(text) ?? [];
  if (program === undefined || percent > 50) {
    throw new Error(
      'Expected a P2WPKH program of 40 hex digits, a colon and a percentage from 1 to 50.',
    );
  }
  return { program: program.toLowerCase(), percent: Number(percent) };
}

/**
 * @param {string} network
 * @returns {number}
 * @throws Error that says what was expected; the caller adds what it got
 */
function halvingBlocksOf(network) {
  if (Object.hasOwn(HALVING_BLOCKS, network)) return HALVING_BLOCKS[network];
  throw new Error(`Expected ${Object.keys(HALVING_BLOCKS).join(' or ')}.`);
}

/**
 * The consensus settings fixed when the bundle is built (src/consensus.ts takes them from here).
 *
 * @param {{ 'task-payout'?: string, bitcoin?: string }} env webpack's
 * @throws Error that says what was expected, and what it got
 */
function builtConsensus({ 'task-payout': payout, bitcoin = 'main' }) {
  return {
    network: bitcoin,
    taskPayout: payout === undefined ? undefined : parsed('task-payout', payout, parseTaskPayout),
    halvingBlocks: parsed('bitcoin', bitcoin, halvingBlocksOf),
  };
}

/** In the wording with which commander refuses an option. */
function parsed(name, value, parse) {
  try {
    return parse(value);
  } catch (error) {
    throw new Error(`--env ${name}=${value} is invalid. ${error.message}`, { cause: error });
  }
}

module.exports = { builtConsensus, halvingBlocksOf, parseTaskPayout };
