import { expect } from 'chai';
import { find, RigJournal } from '../../../cli/soak/mined';
import type { Acknowledged } from '../../../cli/soak/rig';
import { shareBody } from '../../../cli/worker/share-body';
import { encodeProof, composeProof } from '../../../src/proof/codec';
import { shareOf, type Share } from '../../../src/proof/shares';
import { packAttempt } from '../../../src/work/attempt';
import { KOII_WORK } from '../../../src/work/source';
import { taskAnswer } from '../../fixtures/task-answer';
import { testTemplate } from '../../fixtures/template';

const ROUND = 5;
const template = testTemplate(ROUND);
const task = JSON.stringify(taskAnswer(ROUND));

/** Best first. */
const shares: Share[] = [0, 1, 2, 3]
  .map((nonce) =>
    shareOf(template, { prefix: 0, extranonce2: 0, versionBits: 0, timeOffset: 0, nonce }),
  )
  .sort((a, b) => (a.hashValue < b.hashValue ? -1 : 1));
const acknowledged = shares.map((share, n): Acknowledged => ({
  round: ROUND,
  task,
  attempt: packAttempt(share).toString('hex'),
  body: shareBody(template, share, { worker_id: 'rig', submission_id: String(n) }),
}));
const proofOf = (...places: number[]): string =>
  encodeProof(
    composeProof(
      KOII_WORK,
      places.map((place) => shares[place]!),
    ),
  );

describe('acknowledged shares in a proof', () => {
  it('are all there, or worse than each that is', () => {
    expect(find(proofOf(0, 1), acknowledged)).to.deep.equal({ inProof: 2, missing: 0 });
  });

  it('are missed where a worse one stands in their place', () => {
    expect(find(proofOf(0, 3), acknowledged)).to.deep.equal({ inProof: 2, missing: 2 });
  });

  it('are none of a round in which nothing was acknowledged', () => {
    expect(find(proofOf(0), [])).to.deep.equal({ inProof: 0, missing: 0 });
  });
});

describe('the journal of the rigs', () => {
  it('counts by why, and looks at the proofs of the rounds that are over', () => {
    const journal = new RigJournal();
    for (const share of acknowledged) journal.note({ type: 'acknowledged', ...share });
    journal.note({ type: 'late' });
    for (const how of ['no answer', '429', '429']) journal.note({ type: 'refused', how });
    journal.note({ type: 'forgotten', how: '409 duplicate_share' });
    expect(journal.mined(new Map([[ROUND, proofOf(1, 2)]]))).to.deep.equal({
      acknowledged: 4,
      inProofs: 2,
      missing: 1,
      late: 1,
      leastShown: 1,
      refused: { 'no answer': 1, '429': 2 },
      forgotten: { '409 duplicate_share': 1 },
      stolen: {},
    });
    expect(journal.mined(new Map([[ROUND + 1, proofOf(3)]]))).to.include({
      inProofs: 0,
      missing: 0,
    });
  });

  it('judges what is shown once there is enough to show', () => {
    const journal = new RigJournal();
    journal.note({ type: 'shown', valid: 0, invalid: 4 });
    for (const share of acknowledged) journal.note({ type: 'acknowledged', ...share });
    journal.note({ type: 'shown', valid: 3, invalid: 1 });
    journal.note({ type: 'shown', valid: 4, invalid: 0 });
    expect(journal.mined(new Map()).leastShown).to.equal(0.75);
  });
});
