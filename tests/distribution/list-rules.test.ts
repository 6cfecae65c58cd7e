import { expect } from 'chai';
import type { Windows } from '../../src/distribution/ledger';
import {
  auditTime,
  isRecastDue,
  LIST_RULES,
  looksOf,
  makesAt,
  makingMs,
  opensAudit,
  sdkMakesUntil,
  stepsOf,
  voteAt,
  type LookKind,
} from '../../src/distribution/list-rules';

const WINDOWS: Windows = {
  round: 9,
  opensAt: 0,
  auditAt: 204_000,
  auditEndsAt: 408_000,
  endsAt: 489_600,
};
const FINAL = { opensAudits: false, listsAreFinal: true };

describe('when a place makes its list', () => {
  it('is at once below 6, and a step later in each group twice as large', () => {
    const groups: [number, number][] = [
      [0, 0],
      [5, 0],
      [6, 1],
      [17, 1],
      [18, 2],
      [41, 2],
      [42, 3],
      [89, 3],
      [90, 4],
    ];
    for (const [place, steps] of groups) expect(stepsOf(place), String(place)).to.equal(steps);
    expect(stepsOf(1, FINAL)).to.equal(0);
    expect(stepsOf(2, FINAL)).to.equal(1);
  });

  it('counts steps of 7 % of the window and 70 ms a submitter', () => {
    expect(makesAt(WINDOWS, 0, 40)).to.equal(0);
    expect(makesAt(WINDOWS, 1, 40)).to.be.closeTo(17_080, 1e-6);
    expect(makesAt(WINDOWS, 2, 40)).to.be.closeTo(34_160, 1e-6);
    expect(makesAt({ ...WINDOWS, opensAt: 4000, auditAt: 208_000 }, 1, 0)).to.be.closeTo(
      18_280,
      1e-6,
    );
  });

  it('leaves time to finish: 5 % of the window and 70 ms a submitter', () => {
    expect(makingMs(WINDOWS, 1000)).to.be.closeTo(80_200, 1e-6);
    // Two steps and then making a list of a thousand don't fit in.
    expect(makesAt(WINDOWS, 2, 1000) + makingMs(WINDOWS, 1000)).to.be.above(WINDOWS.auditAt);
    expect(sdkMakesUntil(WINDOWS)).to.be.closeTo(193_800, 1e-6);
  });
});

describe('the looks of a node', () => {
  it('are five, the fourth at a moment of its own', () => {
    const looks = (moment: number) => looksOf(moment).map(({ at }) => at);
    expect(looks(0)).to.deep.equal([0.05, 0.5, 0.75, 0.86, 0.95]);
    expect(looks(1 - 2 ** -32)[3]).to.be.within(0.9199, 0.92);
    expect(looksOf(0.5).map(({ kind }) => kind)).to.deep.equal(
      'early early early late last'.split(' '),
    );
  });

  it('have one more where a vote for a list can not be the first', () => {
    const kinds = looksOf(0.5, { opensAudits: true, listsAreFinal: false });
    expect(kinds[3]).to.deep.equal({ kind: 'opening', at: 0.8 });
    expect([opensAudit(5, 100), opensAudit(6, 100)]).to.deep.equal([true, false]);
    // An eighth of sixteen: 2.
    expect([opensAudit(1, 16), opensAudit(2, 16)]).to.deep.equal([true, false]);
  });

  it('are at parts of the audit window', () => {
    expect(auditTime(WINDOWS, 0)).to.equal(204_000);
    expect(auditTime(WINDOWS, 0.5)).to.equal(306_000);
  });
});

describe('the vote on a list', () => {
  const kinds: LookKind[] = ['early', 'opening', 'late', 'last'];

  it('is against one that differs, at any look', () => {
    for (const kind of kinds) expect(voteAt(kind, 'differs', true), kind).to.equal(false);
  });

  it('is for one that equals at the last two looks alone', () => {
    expect(kinds.map((kind) => voteAt(kind, 'equal', false))).to.deep.equal([
      undefined,
      undefined,
      true,
      true,
    ]);
  });

  it('waits for one that can not be read; in the end what was read before counts, or it differs', () => {
    expect(voteAt('early', 'unreadable', true)).to.equal(undefined);
    expect(voteAt('late', 'unreadable', true)).to.equal(true);
    expect(voteAt('last', 'unreadable', false)).to.equal(false);
  });

  it('is for an equal one at any look where lists are final', () => {
    expect(voteAt('early', 'equal', false, FINAL)).to.equal(true);
    expect(voteAt('early', 'differs', false, FINAL)).to.equal(false);
  });

  it('is cast again when the ledger does not show it after 6 % of the window, and at the last look', () => {
    const at = (part: number): number => auditTime(WINDOWS, part);
    expect(isRecastDue('early', at(0.5), at(0.559), WINDOWS)).to.equal(false);
    expect(
      isRecastDue('early', at(0.5), at(0.5) + LIST_RULES.recastPart * 204_000, WINDOWS),
    ).to.equal(true);
    expect(isRecastDue('last', at(0.92), at(0.95), WINDOWS)).to.equal(true);
    expect(isRecastDue('early', undefined, at(0.5), WINDOWS)).to.equal(true);
  });
});
