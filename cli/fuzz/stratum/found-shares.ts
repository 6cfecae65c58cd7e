import { FLOOR } from '../../../src/consensus';
import { createKernel } from '../../../src/mining/kernels/choose';
import { LOWEST_DIFFICULTY, targetOf } from '../../../src/stratum/difficulty';
import { koiiTemplate } from '../../../src/work/coinbases';
import { headerOf } from '../../../src/work/segment';
import { identity, seed } from '../../../tests/fixtures/template';
import { EXTRANONCE1, ROUND } from './stratum-node';

/** A submit without its name: job, extranonce2, time, nonce, version bits. */
export type FoundShare = readonly [string, string, string, string, string];

/** Salts are handed out from the highest down, one a job. */
const HIGHEST_SALT = 0xff;
const NONCES = 2 ** 16;

interface Place {
  /** Counted from 1. */
  job: number;
  extranonce2: number;
  timeOffset: number;
}

/** At the first of them there is soon a share without a rolled version, which only one in 16 is. */
const PLACES: readonly Place[] = [
  { job: 1, extranonce2: 1, timeOffset: 0 },
  { job: 1, extranonce2: 1, timeOffset: 200 },
  { job: 2, extranonce2: 0, timeOffset: 0 },
];

const hex = (value: number): string => (value >>> 0).toString(16).padStart(8, '0');

let found: FoundShare[] | undefined;

/** Shares of the lowest difficulty, of the first jobs that a connection of a `ConnectedNode` gets. */
export function foundShares(): readonly FoundShare[] {
  return (found ??= PLACES.flatMap(search));
}

function search({ job, extranonce2, timeOffset }: Place): FoundShare[] {
  const template = koiiTemplate(
    { taskId: identity.taskId, round: ROUND, seed },
    identity.submitter,
  );
  const prefix = (HIGHEST_SALT + 1 - job) * 256 + EXTRANONCE1;
  const rolled = { prefix, extranonce2, versionBits: 0, timeOffset, nonce: 0 };
  const kernel = createKernel('wasm-simd');
  const target = targetOf(LOWEST_DIFFICULTY);
  kernel.load(headerOf(template, rolled), target < FLOOR ? target : FLOOR);
  const shares: FoundShare[] = [];
  for (let nonce = 0; shares.length === 0; nonce += NONCES) {
    for (const hit of kernel.scan(nonce, nonce + NONCES)) {
      shares.push([
        hex(job),
        hex(extranonce2),
        hex(template.time + timeOffset),
        hex(hit.nonce),
        hex(hit.versionBits << 13),
      ]);
    }
  }
  return shares;
}
