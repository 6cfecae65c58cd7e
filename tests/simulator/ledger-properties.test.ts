import { expect } from 'chai';
import fc from 'fast-check';

import type { Ledger } from '../../simulator/ledger';
import { LedgerError } from '../../simulator/ledger-error';
import type { LedgerOptions } from '../../simulator/ledger-options';
import { newLedger, STAKE } from './ledgers';

describe('the ledger under any transactions at any times', () => {
  const key = fc.constantFrom('a', 'b', 'c', 'stranger');
  const round = fc.integer({ min: 0, max: 6 });
  const action = fc.oneof(
    fc.record({ do: fc.constant('advance' as const), slots: fc.integer({ min: 0, max: 30 }) }),
    fc.record({ do: fc.constant('submit' as const), key, round, value: fc.string() }),
    fc.record({
      do: fc.constantFrom('voteOnSubmission' as const, 'voteOnList' as const),
      key,
      candidate: key,
      round,
      isValid: fc.boolean(),
    }),
    fc.record({
      do: fc.constant('writeAccount' as const),
      key,
      account: fc.constantFrom('a', 'b', 'c', 'account'),
      round,
      text: fc.oneof(
        fc.dictionary(key, fc.integer({ min: -100, max: 500 })).map((list) => JSON.stringify(list)),
        fc.string(),
      ),
    }),
    fc.record({
      do: fc.constant('nameList' as const),
      key,
      account: fc.constantFrom('a', 'b', 'c', 'account', 'empty'),
      round,
    }),
  );
  const options: fc.Arbitrary<LedgerOptions> = fc.record({
    lateSubmissions: fc.boolean(),
    replacedSubmissions: fc.boolean(),
    lateLists: fc.boolean(),
    replacedLists: fc.boolean(),
    rewrittenLists: fc.boolean(),
    votesByStake: fc.boolean(),
    paidList: fc.constantFrom('first', 'last', 'each'),
    firstVoteFor: fc.boolean(),
    ownVotes: fc.boolean(),
    manyLists: fc.boolean(),
    asksAgain: fc.boolean(),
    rejectedListCosts: fc.integer({ min: 0, max: 100 }),
  });
  type Action = typeof action extends fc.Arbitrary<infer T> ? T : never;

  function apply(ledger: Ledger, step: Action): void {
    try {
      switch (step.do) {
        case 'advance':
          return ledger.advance(ledger.slot + step.slots);
        case 'submit':
          return ledger.submit(step.key, step.round, step.value);
        case 'writeAccount':
          return ledger.writeAccount(step.key, step.account, step.round, step.text);
        case 'nameList':
          return ledger.nameList(step.key, step.account, step.round);
        default:
          return ledger[step.do](step.key, step.candidate, step.round, step.isValid);
      }
    } catch (error) {
      if (!(error instanceof LedgerError)) throw error;
    }
  }

  /** Aims a step at the round whose window is open now, so that many steps succeed. */
  function aimed(ledger: Ledger, step: Action): Action {
    if (step.do === 'advance' || step.round > 3) return step;
    const back = step.do === 'submit' || step.do === 'voteOnSubmission' ? 1 : 2;
    return { ...step, round: Math.max(0, ledger.currentRound - back) };
  }

  const sum = (amounts: Iterable<number>) => [...amounts].reduce((total, x) => total + x, 0);

  it('pays a bounty a round at most, unless each list is paid, and keeps its books', () => {
    let paidRuns = 0;
    fc.assert(
      fc.property(options, fc.array(action, { minLength: 60, maxLength: 120 }), (rules, steps) => {
        const ledger = newLedger(rules);
        for (const step of steps) apply(ledger, aimed(ledger, step));
        ledger.advance(ledger.slot + 1000);
        const records = Array.from({ length: 40 }, (_, r) => ledger.record(r)).filter(
          (record) => record !== undefined,
        );
        for (const { payouts } of rules.paidList === 'each' ? [] : records) {
          const paid = Object.values(payouts).filter((amount) => amount > 0);
          expect(sum(paid)).to.be.at.most(900);
        }
        const moved = sum(records.flatMap(({ payouts }) => Object.values(payouts)));
        const lost = sum(records.flatMap(({ listPenalties }) => Object.values(listPenalties)));
        const held = sum(ledger.balances.values()) + sum(ledger.stakes.values());
        expect(held).to.equal(3 * STAKE + moved - lost);
        expect(Math.min(...ledger.stakes.values())).to.be.at.least(0);
        const outcomes = records.flatMap(({ lists }) => [...lists.values()]);
        expect(outcomes.some(({ outcome }) => outcome === 'pending')).to.equal(false);
        if (ledger.balances.size > 0) paidRuns++;
      }),
      // About one in fourteen comes to a payout: of 500, once in a thousand times too few did by chance.
      { numRuns: 1_000 },
    );
    expect(paidRuns, 'runs that came to a payout').to.be.above(20);
  });

  it('a transaction sent twice counts once', () => {
    fc.assert(
      fc.property(options, fc.array(action, { maxLength: 80 }), (rules, steps) => {
        const once = newLedger(rules);
        const twice = newLedger(rules);
        for (const each of steps) {
          const step = aimed(once, each);
          apply(once, step);
          apply(twice, step);
          if (step.do !== 'advance') apply(twice, step);
        }
        for (const ledger of [once, twice]) ledger.advance(ledger.slot + 1000);
        for (let r = 0; r <= 8; r++) expect(twice.record(r)).to.deep.equal(once.record(r));
        expect(twice.balances).to.deep.equal(once.balances);
        expect(twice.stakes).to.deep.equal(once.stakes);
      }),
      { numRuns: 200 },
    );
  });
});
