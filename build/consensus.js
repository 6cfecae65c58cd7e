const { require: load } = require('tsx/cjs/api');
// The task and its tools read addresses and these options by the same code.
const { payoutAddressOf } = load('../src/bitcoin/address.ts', __filename);
const { parseNetwork, parseTaskPayout } = load('../cli/rules.ts', __filename);

/**
 * The consensus settings fixed when the bundle is built (src/consensus.ts takes them from here).
 *
 * @param {{ 'task-payout'?: string, bitcoin?: string }} env webpack's
 * @throws Error that says what was expected, and what it got
 */
function builtConsensus({ 'task-payout': payout, bitcoin = 'main' }) {
  const network = parsed('bitcoin', bitcoin, parseNetwork);
  return {
    network,
    taskPayout:
      payout === undefined
        ? undefined
        : parsed('task-payout', payout, (text) => parseTaskPayout(text, network)),
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

/** What the build says of these settings. */
function describe({ network, taskPayout }) {
  const pays = taskPayout
    ? `${taskPayout.percent} % (${payoutAddressOf(Buffer.from(taskPayout.program, 'hex'), network)})`
    : 'nothing';
  return `on Bitcoin's ${network} network blocks pay the task ${pays}`;
}

module.exports = { builtConsensus, describe };
