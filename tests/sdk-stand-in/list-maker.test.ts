import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { selectListMaker } from '../../sdk-stand-in/namespace-wrapper/list-maker';
import type { Submission } from '../../sdk-stand-in/namespace-wrapper/types';

/** Answers of @_koii/namespace-wrapper 1.0.23's nodeSelectionDistributionList, recorded. */
interface Vector {
  name: string;
  submissions: Record<string, Submission>;
  earlierSubmitters: string[][];
  failedMakers: string[];
  previousRoundFailed: boolean;
  maker: string;
}

const vectors = JSON.parse(
  readFileSync(join(__dirname, '../fixtures/list-makers.json'), 'utf8'),
) as Vector[];

describe('stand-in selection of the list-maker, as the official SDK selects', () => {
  for (const { name, maker, earlierSubmitters, ...rest } of vectors) {
    it(name, () => {
      const earlier = earlierSubmitters.map((keys) => new Set(keys));
      expect(selectListMaker({ ...rest, earlierSubmitters: earlier })).to.equal(maker);
    });
  }
});
