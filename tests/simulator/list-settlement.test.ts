import { expect } from 'chai';

import { distributionInfo } from '../../simulator/chain-view';
import { LedgerError } from '../../simulator/ledger-error';
import {
  at,
  auditAt,
  ledgerWithSubmissions,
  makeList,
  settledAt,
  type LedgerChanges,
} from './ledgers';

describe('how distribution lists are settled', () => {
  describe('votes', () => {
    it('bring a list down by a majority of false, and only by that', () => {
      for (const { votes, status } of [
        { votes: [], status: 'PayoutSuccessful' },
        { votes: [false], status: 'PayoutFailed' },
        { votes: [false, true], status: 'PayoutSuccessful' },
        { votes: [false, false], status: 'PayoutFailed' },
        { votes: [true, false], status: 'PayoutSuccessful' },
      ]) {
        const ledger = ledgerWithSubmissions();
        makeList(ledger, 'a', { a: 900 });
        ledger.advance(auditAt(2));
        votes.forEach((vote, index) => ledger.voteOnList(['b', 'c'][index]!, 'a', 0, vote));
        ledger.advance(settledAt(2));
        expect(distributionInfo(ledger, 0).distributions_audit_record[0]).to.equal(status);
        expect(ledger.balances.get('a') ?? 0).to.equal(status === 'PayoutFailed' ? 0 : 900);
      }
    });

    it('are taken in the audit window, both edges', () => {
      const ledger = ledgerWithSubmissions();
      makeList(ledger, 'a', {});
      ledger.advance(auditAt(2) - 1);
      expect(() => ledger.voteOnList('b', 'a', 0, true)).to.throw(LedgerError, /audit window/);
      ledger.advance(auditAt(2));
      ledger.voteOnList('b', 'a', 0, true);
      ledger.advance(settledAt(2));
      expect(() => ledger.voteOnList('c', 'a', 0, true)).to.throw(LedgerError, /audit window/);
    });

    it('count by node, or by what the voters have staked at the settlement', () => {
      for (const [votesByStake, outcome] of [
        [false, 'voted out'],
        [true, 'accepted'],
      ] as const) {
        const ledger = ledgerWithSubmissions({ votesByStake });
        makeList(ledger, 'a', {});
        ledger.advance(auditAt(2));
        ledger.voteOnList('a', 'a', 0, true);
        ledger.voteOnList('b', 'a', 0, false);
        ledger.voteOnList('c', 'a', 0, false);
        ledger.addStake('a', 50);
        ledger.advance(settledAt(2));
        expect(ledger.record(0)!.lists.get('a')!.outcome).to.equal(outcome);
      }
    });

    it('count by the stakes before any list of the round is paid', () => {
      const ledger = ledgerWithSubmissions({ votesByStake: true });
      makeList(ledger, 'a', { b: -50 });
      makeList(ledger, 'c', {});
      ledger.advance(auditAt(2));
      ledger.voteOnList('b', 'c', 0, false);
      ledger.advance(settledAt(2));
      expect(ledger.record(0)!.lists.get('c')!.outcome).to.equal('voted out');
    });

    it('can be for as the first, unless the ledger has a vote against open the audit', () => {
      const ledger = ledgerWithSubmissions();
      makeList(ledger, 'a', {});
      ledger.advance(auditAt(2));
      ledger.voteOnList('b', 'a', 0, true);
      expect(distributionInfo(ledger, 0).distributions_audit_trigger[0]!['a']).to.deep.equal({
        trigger_by: 'b',
        slot: auditAt(2),
        votes: [{ is_valid: true, voter: 'b', slot: auditAt(2) }],
      });
      const other = ledgerWithSubmissions({ firstVoteFor: false });
      makeList(other, 'a', {});
      other.advance(auditAt(2));
      expect(() => other.voteOnList('b', 'a', 0, true)).to.throw(LedgerError, /no audit/);
      other.voteOnList('c', 'a', 0, false);
      other.voteOnList('b', 'a', 0, true);
    });

    it("can be the maker's own, unless the ledger refuses that", () => {
      for (const ownVotes of [true, false]) {
        const ledger = ledgerWithSubmissions({ ownVotes });
        makeList(ledger, 'a', {});
        ledger.advance(auditAt(2));
        ledger.voteOnList('b', 'a', 0, false);
        const vote = () => ledger.voteOnList('a', 'a', 0, true);
        if (ownVotes) vote();
        else expect(vote).to.throw(LedgerError, /on its own/);
        ledger.advance(settledAt(2));
        const outcome = ownVotes ? 'accepted' : 'voted out';
        expect(ledger.record(0)!.lists.get('a')!.outcome).to.equal(outcome);
      }
    });
  });

  describe('several lists of a round', () => {
    /** a's list is voted out; c's and b's stand. */
    function settled(changes: LedgerChanges) {
      const ledger = ledgerWithSubmissions(changes);
      makeList(ledger, 'a', { a: 900 });
      makeList(ledger, 'c', { c: 900 });
      makeList(ledger, 'b', { b: 800, c: -10 });
      ledger.advance(auditAt(2));
      for (const voter of ['b', 'c']) ledger.voteOnList(voter, 'a', 0, false);
      ledger.advance(settledAt(2));
      return ledger;
    }
    const outcomes = (ledger: ReturnType<typeof settled>) =>
      [...ledger.record(0)!.lists.values()].map(({ outcome }) => outcome);

    it('are paid by the first that stands', () => {
      const ledger = settled({});
      expect(Object.fromEntries(ledger.balances)).to.deep.equal({ c: 900 });
      expect(outcomes(ledger)).to.deep.equal(['voted out', 'accepted', 'not used']);
    });

    it('are paid by the last where the ledger does', () => {
      const ledger = settled({ paidList: 'last' });
      expect(Object.fromEntries(ledger.balances)).to.deep.equal({ b: 800 });
      expect(outcomes(ledger)).to.deep.equal(['voted out', 'not used', 'accepted']);
    });

    it('are paid each where the ledger does, beyond the bounty', () => {
      const ledger = settled({ paidList: 'each' });
      expect(ledger.record(0)!.payouts).to.deep.equal({ b: 800, c: 890 });
      expect(Object.fromEntries(ledger.balances)).to.deep.equal({ c: 900, b: 800 });
      expect(ledger.stakes.get('c')).to.equal(40);
      expect(outcomes(ledger)).to.deep.equal(['voted out', 'accepted', 'accepted']);
    });

    it('are refused but for the first of a round where the ledger takes one', () => {
      const ledger = ledgerWithSubmissions({ manyLists: false });
      makeList(ledger, 'a', { a: 900 });
      makeList(ledger, 'a', { a: 900 });
      expect(() => makeList(ledger, 'b', {})).to.throw(LedgerError, /another list/);
      ledger.advance(auditAt(2));
      ledger.voteOnList('b', 'a', 0, false);
      ledger.advance(at(3));
      makeList(ledger, 'b', { b: 900 });
      expect(() => makeList(ledger, 'c', {})).to.throw(LedgerError, /another list/);
    });

    it('cost the maker of one that was voted out what the ledger takes', () => {
      expect(settled({}).stakes.get('a')).to.equal(50);
      const ledger = settled({ rejectedListCosts: 25 });
      expect(Object.fromEntries(ledger.stakes)).to.deep.equal({ a: 38, b: 50, c: 50 });
      expect(ledger.record(0)!.listPenalties).to.deep.equal({ a: 12 });
    });
  });
});
