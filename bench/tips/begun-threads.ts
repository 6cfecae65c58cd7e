import { appendFileSync } from 'node:fs';
import { Engine } from '../../src/mining/engine';

// Has the engine write a line to BEGUN_FILE for each thread that begins to hash: the block's prev in hex, and when by
// process.hrtime.

const file = process.env['BEGUN_FILE']!;
process.argv.push('--bitcoin-network', 'regtest');

const search = Reflect.get(Engine.prototype, 'search');
Engine.prototype.search = function (work) {
  const prev = Buffer.from(work.template.prev).toString('hex');
  const onBegun = (atNs: bigint): void => appendFileSync(file, `${prev} ${atNs}\n`);
  search.call(this, { ...work, onBegun });
};
