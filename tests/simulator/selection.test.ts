import { readFileSync } from 'node:fs';

import { expect } from 'chai';

import { Ledger } from '../../simulator/ledger';
import { expectedListMaker, selectListMaker } from '../../simulator/selection';

/** Answers of @_koii/namespace-wrapper 1.0.23's nodeSelectionDistributionList, recorded. */
interface Vector {
  name: string;
  submissions: Record<string, unknown>;
  earlierSubmitters: string[][];
  failedMakers: string[];
  previousRoundFailed: boolean;
  /** Empty when nobody is selected. */
  maker: string;
}

const vectors = JSON.parse(readFileSync('tests/fixtures/list-makers.json', 'utf8')) as Vector[];

describe('the selection of the list-maker', () => {
  for (const vector of vectors) {
    it(`is the SDK's for ${vector.name}`, () => {
      const selected = selectListMaker({
        submissions: vector.submissions,
        earlierSubmitters: vector.earlierSubmitters.map((keys) => new Set(keys)),
        failedMakers: new Set(vector.failedMakers),
        isPreviousFailed: vector.previousRoundFailed,
      });
      expect(selected ?? '').to.equal(vector.maker);
    });
  }

  it('leaves out, on the ledger, whose list was voted out', () => {
    const ledger = new Ledger(
      {
        startingSlot: 0,
        roundTime: 10,
        submissionWindow: 4,
        auditWindow: 4,
        bountyPerRound: 1,
        allowedFailedDistributions: 5,
      },
      ['a', 'b'].map((key) => [key, 1]),
    );
    expect(expectedListMaker(ledger, 0)).to.equal(undefined);
    ledger.advance(10);
    ledger.submit('a', 0, 'x');
    ledger.submit('b', 0, 'y');
    ledger.advance(20);
    const first = expectedListMaker(ledger, 0)!;
    const other = first === 'a' ? 'b' : 'a';
    ledger.nameList(first, first, 0);
    ledger.advance(24);
    ledger.voteOnList(other, first, 0, false);
    ledger.advance(30);
    // Only one candidate is left, so there is no runner-up: the SDK's own behaviour.
    expect(expectedListMaker(ledger, 0)).to.equal(undefined);
    // A round later no list has just failed, so the SDK takes the best of those left.
    ledger.advance(40);
    expect(expectedListMaker(ledger, 0)).to.equal(other);
  });
});
