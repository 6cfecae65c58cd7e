import * as consensus from '../../src/consensus';

// To be loaded before anything else of this project, in the node's process and in the load's. At the task's own floor a
// processor finds some twenty shares a second, and the benchmark wants as many thousands: here one hash in 64 is a share.
// Nothing outside bench/ loads this file, and the bundle is made of src/ alone.

/** The highest hash value of a share. */
const FLOOR = (1n << 250n) - 1n;

const id = require.resolve('../../src/consensus');
// The names that a module exports can't be given other values, so another module takes its place.
require.cache[id]!.exports = Object.defineProperties(
  {},
  {
    ...Object.getOwnPropertyDescriptors(consensus),
    FLOOR: { value: FLOOR, enumerable: true },
    PROOF_RULES: { value: { ...consensus.PROOF_RULES, floor: FLOOR }, enumerable: true },
  },
);
