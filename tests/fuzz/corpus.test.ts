import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import type { FuzzTarget } from '../../cli/fuzz/target';
import { TARGETS } from '../../cli/fuzz/targets';
import { Random } from '../../simulator/random';

const CORPUS = path.join(__dirname, '../fixtures/fuzz-corpus');
/** As many inputs as the decoder gets from `npm run fuzz -- --runs 20000`. */
const RUNS = 20_000;

interface Case {
  why: string;
  input: string;
}

/** @returns what the target throws at the input */
async function broken(target: FuzzTarget, input: string): Promise<unknown> {
  try {
    await target.check(input);
    return undefined;
  } catch (error) {
    return error;
  }
}

describe('hostile input', function () {
  this.timeout(60_000);

  for (const target of TARGETS) {
    describe(`for the ${target.name}`, () => {
      after(() => target.close?.());

      const found = JSON.parse(
        readFileSync(path.join(CORPUS, `${target.name}.json`), 'utf8'),
      ) as Case[];
      for (const [index, { why, input }] of found.entries()) {
        it(`found case ${index + 1} no longer breaks it: ${why}`, async () => {
          expect(await broken(target, input)).to.equal(undefined);
        });
      }

      it('breaks nothing', async () => {
        const random = new Random('tests');
        for (let run = 0; run < RUNS / target.cost; run++) {
          const input = target.generate(random);
          expect(await broken(target, input), input).to.equal(undefined);
        }
      });
    });
  }

  it('is the same for the same seed', () => {
    for (const target of TARGETS) {
      const inputs = (seed: string): string[] => {
        const random = new Random(seed);
        return Array.from({ length: 20 }, () => target.generate(random));
      };
      expect(inputs('a')).to.deep.equal(inputs('a'));
      expect(inputs('a')).to.not.deep.equal(inputs('b'));
    }
  });
});
