/** Blocks after which the subsidy halves, by network. */
const HALVING_BLOCKS = { main: 210_000, regtest: 150 };

/**
 * Reads the part of a Bitcoin block that goes to the task.
 *
 * @param {string} text such as e060385126b355a9740e4c9f70900ba0980ca07e:10, a P2WPKH program in hex and percent
 * @returns {{ program: string, percent: number }}
 * @throws Error that says what was expected, and what came
 */
function parseTaskPayout(text) {
  const [, program, percent] = /^([0-9a-fA-F]{40}):(\d{1,2})$/.exec(text) ?? [];
  if (program === undefined || percent < 1 || percent > 50) {
    throw new Error(
      `task-payout: expected a P2WPKH program of 40 hex digits, a colon and a percentage from 1 to 50, got "${text}"`,
    );
  }
  return { program: program.toLowerCase(), percent: Number(percent) };
}

/**
 * @param {string} network
 * @returns {number}
 * @throws Error that says what was expected, and what came
 */
function halvingBlocksOf(network) {
  if (Object.hasOwn(HALVING_BLOCKS, network)) return HALVING_BLOCKS[network];
  const known = Object.keys(HALVING_BLOCKS).join(' or ');
  throw new Error(`bitcoin: expected ${known}, got "${network}"`);
}

/**
 * What of the consensus is set when the bundle is built (src/consensus.ts has it from here).
 *
 * @param {{ 'task-payout'?: string, bitcoin?: string }} env
 * @throws Error that says what was expected, and what came
 */
function builtConsensus({ 'task-payout': payout, bitcoin = 'main' }) {
  return {
    network: bitcoin,
    taskPayout: payout === undefined ? undefined : parseTaskPayout(payout),
    halvingBlocks: halvingBlocksOf(bitcoin),
  };
}

module.exports = { builtConsensus, halvingBlocksOf, parseTaskPayout };
