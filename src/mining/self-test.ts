import { bitsToTarget } from '../bitcoin/target';
import type { Hit, Kernel } from './kernel';

/** A header with hits that stand alone among the nonces around them. */
export interface KnownAnswer {
  name: string;
  /** 80 bytes as hashed */
  header: Buffer;
  target: bigint;
  hits: readonly Hit[];
}

const block = (name: string, hex: string): KnownAnswer => {
  const header = Buffer.from(hex, 'hex');
  return {
    name,
    header,
    target: bitsToTarget(header.readUInt32LE(72)),
    hits: [{ versionBits: 0, nonce: header.readUInt32LE(76) }],
  };
};

const GENESIS = block(
  'genesis block',
  '0100000000000000000000000000000000000000000000000000000000000000000000003ba3edfd7a7b12b27ac72c3e' +
    '67768f617fc81bc3888a51323a9fb8aa4b1e5e4a29ab5f49ffff001d1dac2b7c',
);
const BLOCK_125552 = block(
  'block 125552',
  '0100000081cd02ab7e569e8bcd9317e2fe99f2de44d49ab2b8851ba4a308000000000000e320b6c2fffc8d750423db8b' +
    '1eb942ae710e951ed797f7affc8892b0f1fc122bc7f5d74df2b9441a42a14695',
);

/** The genesis header as it would be versioned today (BIP 9), for rolling its version bits. */
const ROLLED = Buffer.from(GENESIS.header);
ROLLED.writeUInt32LE(0x20000000, 0);

/** By versionBits, a nonce with which ROLLED hashes below 2^240. Found with node:crypto. */
const ROLLED_NONCES = [
  2654444527, 2922880554, 3191434706, 3459755774, 3728244031, 3996699928, 4265072425, 238522290,
  506996461, 775597826, 1043931935, 1312294009, 1580701265, 1849192031, 2117634576, 2386005603,
];

export const KNOWN_ANSWERS: readonly KnownAnswer[] = [
  GENESIS,
  BLOCK_125552,
  {
    name: 'rolled versions',
    header: ROLLED,
    target: (1n << 240n) - 1n,
    hits: ROLLED_NONCES.map((nonce, versionBits) => ({ versionBits, nonce })),
  },
];

/** Nonces before a hit that put it into each of 16 lanes and into the first lane of the next 16. */
const EVERY_LANE = Array.from({ length: 17 }, (_, before) => before);

/** Few for many hits: each version in other lanes, at the edges of a range and away from them. */
const someLanes = (versionBits: number): number[] => [0, 1 + versionBits, 17 + versionBits];

/**
 * Proves a kernel on known answers, in every lane, for every version and at both edges of a range.
 * @throws Error that names the answer the kernel got wrong.
 */
export function selfTest(kernel: Kernel): void {
  for (const { name, header, target, hits } of KNOWN_ANSWERS) {
    kernel.load({ header, target });
    for (const hit of hits.filter(({ versionBits }) => versionBits < kernel.versions)) {
      for (const before of hits.length === 1 ? EVERY_LANE : someLanes(hit.versionBits)) {
        const start = hit.nonce - before;
        expectHits(kernel, name, start, hit.nonce + 1, [hit]);
        expectHits(kernel, name, start, hit.nonce, []);
        expectHits(kernel, name, hit.nonce, hit.nonce + before, before > 0 ? [hit] : []);
      }
    }
  }
}

function expectHits(
  kernel: Kernel,
  name: string,
  start: number,
  end: number,
  expected: readonly Hit[],
): void {
  const [wanted, got] = [expected, kernel.scan(start, end)].map((hits) =>
    hits.map(({ versionBits, nonce }) => `${nonce}/${versionBits}`).join(' '),
  );
  if (got !== wanted) {
    throw new Error(`${name}, nonces [${start}, ${end}): expected hits [${wanted}], got [${got}]`);
  }
}
