'use strict';

// A Bitcoin full node on regtest, in memory, whose RPC is on a loopback port. Started by full-node.ts, which sends it
// what tests have happen on Bitcoin.

// bcrypto's native code isn't built.
process.env.NODE_BACKEND = 'js';

const { Buffer } = require('node:buffer');
const { Address, FullNode } = require('bcoin');
const { flags } = require('bcoin/lib/blockchain/common');

const { bits, password } = JSON.parse(process.argv[2]);

/** Who is paid by blocks from outside. */
const SOMEBODY = Address.fromProgram(0, Buffer.alloc(20, 0x99));

const node = new FullNode({
  network: 'regtest',
  memory: true,
  logLevel: 'none',
  httpHost: '127.0.0.1',
  httpPort: 0,
  apiKey: password,
});
node.network.block.bip34height = 1;

let minedOutside = 0;

/**
 * Adds blocks as other miners would: each has the bits of the rest of the chain, but no work was done for it.
 * @param count how many
 * @param instead how many blocks at the chain's end they take the place of, fewer than count
 * @returns the hashes of those added and of those replaced, as people write them, the lowest first
 */
async function extend(count, instead) {
  const replaced = [];
  let tip = node.chain.tip;
  for (let i = 0; i < instead; i++) {
    replaced.unshift(tip.rhash());
    tip = await node.chain.getPrevious(tip);
  }
  const added = [];
  for (let i = 0; i < count; i++) {
    const attempt = await node.miner.createBlock(tip, SOMEBODY);
    // Else two siblings of one second would be the same block.
    const proof = attempt.getProof(++minedOutside, 0, attempt.time, 0);
    tip = await node.chain.add(attempt.commit(proof), flags.VERIFY_BODY);
    added.push(tip.rhash());
  }
  return { added, replaced };
}

process.on('message', ({ id, count, instead }) => {
  extend(count, instead).then(
    (extended) => process.send({ id, extended }),
    (error) => process.send({ id, error: error.stack }),
  );
});
process.on('disconnect', () => process.exit());

async function start() {
  await node.open();
  // Regtest's own target lets every share be a block.
  node.chain.getTarget = () => Promise.resolve(bits);
  process.send({ port: node.http.address().port });
}

start();
