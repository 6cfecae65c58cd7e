import { expect } from 'chai';

import { distributionInfo } from '../../simulator/chain-view';
import { LedgerError } from '../../simulator/ledger-error';
import { at, auditAt, ledgerWithSubmissions, makeList, newLedger, settledAt } from './ledgers';

describe('distribution lists on the ledger', () => {
  it('are taken two rounds later until the audit window ends, both edges', () => {
    const ledger = ledgerWithSubmissions();
    makeList(ledger, 'a', {});
    ledger.advance(settledAt(2) - 1);
    makeList(ledger, 'b', {});
    ledger.advance(settledAt(2));
    expect(() => makeList(ledger, 'c', {})).to.throw(LedgerError, /audit window of round 2/);
    const early = newLedger();
    early.advance(at(1));
    expect(() => makeList(early, 'a', {})).to.throw(LedgerError, /is due in round 1/);
  });

  it('are taken in the submission window alone where the ledger refuses late ones', () => {
    const ledger = ledgerWithSubmissions({ lateLists: false });
    ledger.advance(auditAt(2) - 1);
    makeList(ledger, 'a', {});
    ledger.advance(auditAt(2));
    expect(() => makeList(ledger, 'b', {})).to.throw(LedgerError, /submission window of round 2/);
  });

  it('need a stake to be written and named', () => {
    const ledger = ledgerWithSubmissions();
    expect(() => ledger.writeAccount('x', 'x', 0, '{}')).to.throw(LedgerError, /no stake/);
    expect(() => ledger.nameList('x', 'a', 0)).to.throw(LedgerError, /no stake/);
  });

  it('pay what the account they name holds, whoever it belongs to', () => {
    const ledger = ledgerWithSubmissions();
    ledger.writeAccount('a', 'a', 0, '{"a":900}');
    ledger.nameList('b', 'a', 0);
    expect(distributionInfo(ledger, 0).distribution_rewards_submission).to.deep.equal({
      0: { b: { submission_value: 'a', slot: at(2), round: 0 } },
    });
    ledger.advance(settledAt(2));
    expect(Object.fromEntries(ledger.balances)).to.deep.equal({ a: 900 });
  });

  it("can't be written into the account of another's key, anywhere else they can", () => {
    const ledger = ledgerWithSubmissions();
    expect(() => ledger.writeAccount('a', 'b', 0, '{}')).to.throw(LedgerError, /account of b/);
    ledger.writeAccount('a', 'some account', 0, '{}');
    ledger.writeAccount('b', 'some account', 0, '{"b":1}');
    expect(ledger.readAccount('some account', 0)).to.equal('{"b":1}');
    expect(ledger.readAccount('some account', 1), 'of another round').to.equal(undefined);
  });

  for (const [what, text] of [
    ['nothing', undefined],
    ['no JSON', '{"a":900'],
    ['an array', '[900]'],
    ['null', 'null'],
    ['a fraction', '{"a":1.5}'],
    ['text for an amount', '{"a":"900"}'],
    ['an amount past 2^53', '{"a":-9007199254740993}'],
    ['more than the bounty', '{"a":500,"b":401,"c":-10}'],
  ] as const) {
    it(`fail where the account holds ${what}, and leave the bounty to the next`, () => {
      const ledger = ledgerWithSubmissions();
      if (text !== undefined) ledger.writeAccount('a', 'account', 0, text);
      ledger.nameList('a', 'account', 0);
      ledger.advance(settledAt(2));
      const list = ledger.record(0)!.lists.get('a')!;
      expect(list.outcome).to.equal('not payable');
      expect(ledger.amountsOf(0, list)).to.equal(undefined);
      expect(ledger.balances.size).to.equal(0);
      expect(ledger.record(0)!.payoutStatus).to.equal('PayoutFailed');
      ledger.advance(at(3));
      expect(ledger.hasFailedLately(0)).to.equal(true);
      makeList(ledger, 'b', { b: 900 });
      ledger.advance(settledAt(3));
      expect(Object.fromEntries(ledger.balances)).to.deep.equal({ b: 900 });
    });
  }

  it('pay the whole bounty, and slash, once, when the audit window is over', () => {
    const ledger = ledgerWithSubmissions();
    makeList(ledger, 'b', { a: 500, b: 400, c: -35 });
    ledger.advance(settledAt(2) - 1);
    expect(ledger.balances.size).to.equal(0);
    expect(ledger.isClosed(0)).to.equal(false);
    for (const slot of [settledAt(2), settledAt(2), settledAt(9)]) ledger.advance(slot);
    expect(Object.fromEntries(ledger.balances)).to.deep.equal({ a: 500, b: 400 });
    expect(Object.fromEntries(ledger.stakes)).to.deep.equal({ a: 50, b: 50, c: 15 });
    expect(ledger.record(0)!.payouts).to.deep.equal({ a: 500, b: 400, c: -35 });
    expect(ledger.isClosed(0)).to.equal(true);
  });

  it('never take more than the stake, and a key without one takes no part any more', () => {
    const ledger = ledgerWithSubmissions();
    makeList(ledger, 'b', { a: -80, stranger: -5 });
    ledger.advance(at(3));
    expect(ledger.stakes.get('a')).to.equal(0);
    expect(ledger.record(0)!.payouts).to.deep.equal({ a: -50, stranger: 0 });
    expect(() => ledger.submit('a', 2, 'v')).to.throw(LedgerError, /no stake/);
    ledger.addStake('a', 7);
    ledger.submit('a', 2, 'v');
    expect(() => ledger.addStake('a', -8)).to.throw(LedgerError, /7 ROE staked/);
    expect(() => ledger.addStake('a', 0.5)).to.throw(LedgerError);
    ledger.addStake('a', -7);
    expect(ledger.stakes.get('a')).to.equal(0);
  });

  it('are made again after a failure, by another, until one stands', () => {
    const ledger = ledgerWithSubmissions();
    expect(ledger.roundsDueForLists()).to.deep.equal([0]);
    makeList(ledger, 'a', { a: 900 });
    ledger.advance(auditAt(2));
    ledger.voteOnList('b', 'a', 0, false);
    ledger.advance(at(3));
    expect(ledger.roundsDueForLists()).to.deep.equal([1, 0]);
    expect(ledger.hasFailedLately(0)).to.equal(true);
    expect(() => ledger.nameList('a', 'another', 0)).to.throw(LedgerError, /already named/);
    makeList(ledger, 'b', { b: 900 });
    ledger.advance(auditAt(3));
    expect(() => ledger.voteOnList('c', 'a', 0, false), 'the old list').to.throw(LedgerError);
    ledger.advance(settledAt(3));
    expect(Object.fromEntries(ledger.balances)).to.deep.equal({ b: 900 });
    ledger.advance(at(4));
    expect(ledger.roundsDueForLists()).to.deep.equal([2]);
    expect(ledger.hasFailedLately(0)).to.equal(false);
  });

  it('are not made again when the allowed failures are used up or the submissions are gone', () => {
    for (const { allowed, last } of [
      { allowed: 1, last: 2 },
      { allowed: 4, last: 3 },
      { allowed: 5, last: 4 },
    ]) {
      const ledger = ledgerWithSubmissions({ allowedFailedDistributions: allowed });
      let inRound = 2;
      for (; ledger.roundsDueForLists().includes(0); inRound++) {
        const [maker, voter] = [
          ['a', 'b'],
          ['b', 'c'],
          ['c', 'a'],
        ][inRound - 2]!;
        expect(ledger.isClosed(0)).to.equal(false);
        makeList(ledger, maker!, { a: 1 });
        ledger.advance(auditAt(inRound));
        ledger.voteOnList(voter!, maker!, 0, false);
        ledger.advance(settledAt(inRound));
        ledger.advance(at(inRound + 1));
      }
      expect(inRound - 1, `allowed ${allowed}`).to.equal(last);
      expect(ledger.isClosed(0)).to.equal(true);
    }
  });

  describe('of a round in which none was made', () => {
    it('are not asked for again', () => {
      const ledger = ledgerWithSubmissions();
      ledger.advance(settledAt(2) - 1);
      expect(ledger.isClosed(0)).to.equal(false);
      ledger.advance(settledAt(2));
      expect(ledger.isClosed(0)).to.equal(true);
      ledger.advance(at(3));
      expect(() => makeList(ledger, 'a', {})).to.throw(LedgerError, /no distribution list/);
      expect(distributionInfo(ledger, 0).distributions_audit_record).to.deep.equal({});
    });

    it('are asked for again where the ledger does, as failed ones are', () => {
      const ledger = ledgerWithSubmissions({ asksAgain: true });
      ledger.writeAccount('a', 'a', 1, '{}');
      ledger.advance(settledAt(2));
      expect(ledger.isClosed(0)).to.equal(false);
      ledger.advance(at(3));
      expect(ledger.roundsDueForLists()).to.deep.equal([1, 0]);
      expect(ledger.hasFailedLately(0)).to.equal(true);
      expect(distributionInfo(ledger, 0).distributions_audit_record[0]).to.equal('PayoutFailed');
      ledger.advance(at(4));
      expect(ledger.roundsDueForLists(), 'no submissions, no list').to.deep.equal([2, 0]);
      makeList(ledger, 'a', { a: 900 });
      ledger.advance(settledAt(4));
      expect(Object.fromEntries(ledger.balances)).to.deep.equal({ a: 900 });
    });

    it('are asked for as often as distributions may fail', () => {
      const ledger = ledgerWithSubmissions({ asksAgain: true, allowedFailedDistributions: 4 });
      ledger.advance(at(3));
      expect(ledger.isClosed(0)).to.equal(false);
      ledger.advance(at(4));
      expect(ledger.isClosed(0)).to.equal(true);
    });
  });

  describe('that change', () => {
    it('are judged by what the account holds in the last slot of the audit window', () => {
      const ledger = ledgerWithSubmissions();
      makeList(ledger, 'a', { b: 900 });
      ledger.advance(settledAt(2) - 1);
      ledger.writeAccount('a', 'a', 0, '{"a":900}');
      ledger.advance(settledAt(2));
      expect(Object.fromEntries(ledger.balances)).to.deep.equal({ a: 900 });
      expect(() => ledger.writeAccount('a', 'a', 0, '{}')).to.throw(LedgerError, /is settled/);
      expect(ledger.amountsOf(0, ledger.record(0)!.lists.get('a')!)).to.deep.equal({ a: 900 });
    });

    it("can't where the ledger refuses to write a named account again", () => {
      const ledger = ledgerWithSubmissions({ rewrittenLists: false });
      ledger.writeAccount('a', 'a', 0, '{"a":1}');
      ledger.writeAccount('a', 'a', 0, '{"a":2}');
      ledger.nameList('a', 'a', 0);
      expect(() => ledger.writeAccount('a', 'a', 0, '{"a":1}')).to.throw(LedgerError, /names it/);
      ledger.writeAccount('a', 'a', 0, '{"a":2}');
    });

    it('are named once: the same account again is no fault, another is', () => {
      const ledger = ledgerWithSubmissions();
      ledger.nameList('a', 'x', 0);
      ledger.advance(at(2) + 9);
      ledger.nameList('a', 'x', 0);
      expect(() => ledger.nameList('a', 'y', 0)).to.throw(LedgerError, /already named/);
      expect(ledger.record(0)!.lists.get('a')).to.include({ account: 'x', slot: at(2) });
    });

    it('are replaced where the ledger lets them, keep their votes and come last', () => {
      const ledger = ledgerWithSubmissions({ replacedLists: true });
      ledger.writeAccount('a', 'x', 0, '{"a":1}');
      ledger.writeAccount('a', 'y', 0, '{"a":2}');
      ledger.nameList('a', 'x', 0);
      ledger.nameList('b', 'x', 0);
      ledger.advance(auditAt(2));
      ledger.voteOnList('c', 'a', 0, false);
      ledger.nameList('a', 'y', 0);
      const record = ledger.record(0)!;
      expect([...record.lists.keys()]).to.deep.equal(['b', 'a']);
      expect(record.lists.get('a')).to.include({ account: 'y', slot: auditAt(2) });
      ledger.advance(settledAt(2));
      expect(record.lists.get('a')!.outcome).to.equal('voted out');
    });
  });
});
