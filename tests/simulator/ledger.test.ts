import { expect } from 'chai';
import fc from 'fast-check';

import { distributionInfo, submissionInfo, taskState } from '../../simulator/chain-view';
import { parseTaskConfig } from '../../simulator/config';
import { Ledger, type LedgerRules } from '../../simulator/ledger';
import { LedgerError } from '../../simulator/ledger-error';

const RULES: LedgerRules = {
  startingSlot: 1000,
  roundTime: 100,
  submissionWindow: 40,
  auditWindow: 40,
  bountyPerRound: 900,
  allowedFailedDistributions: 5,
};
const STAKE = 50;

/** The first slot of a round's submission window, of its audit window, and of what follows them. */
const at = (round: number) => 1000 + round * 100;
const auditAt = (round: number) => at(round) + 40;
const settledAt = (round: number) => at(round) + 80;

function newLedger(rules: Partial<LedgerRules> = {}): Ledger {
  return new Ledger(
    { ...RULES, ...rules },
    ['a', 'b', 'c'].map((key) => [key, STAKE]),
  );
}

/** A ledger at the start of round 2, with submissions of a, b and c for round 0. */
function ledgerWithSubmissions(rules: Partial<LedgerRules> = {}): Ledger {
  const ledger = newLedger(rules);
  ledger.advance(at(1));
  for (const key of ['a', 'b', 'c']) ledger.submit(key, 0, `value of ${key}`);
  ledger.advance(at(2));
  return ledger;
}

function makeList(ledger: Ledger, maker: string, amounts: Record<string, number>, round = 0): void {
  ledger.uploadList(maker, round, amounts);
  ledger.submitList(maker, round);
}

describe('the ledger', () => {
  describe('submissions', () => {
    it("are taken in the next round's submission window, both edges", () => {
      const ledger = newLedger();
      expect(() => ledger.submit('a', 0, 'v')).to.throw(LedgerError, /window of round 1/);
      ledger.advance(at(1) - 1);
      expect(() => ledger.submit('a', 0, 'v')).to.throw(LedgerError);
      ledger.advance(at(1));
      ledger.submit('a', 0, 'v');
      ledger.advance(auditAt(1) - 1);
      ledger.submit('b', 0, 'v');
      ledger.advance(auditAt(1));
      expect(() => ledger.submit('c', 0, 'v')).to.throw(LedgerError, /came at slot 1140/);
      expect([...ledger.record(0)!.submissions.keys()]).to.deep.equal(['a', 'b']);
    });

    it('are refused for any other round', () => {
      const ledger = newLedger();
      ledger.advance(at(3));
      for (const round of [0, 1, 3, 4]) {
        expect(() => ledger.submit('a', round, 'v'), String(round)).to.throw(LedgerError);
      }
    });

    it('have at most 512 bytes of UTF-8', () => {
      const ledger = newLedger();
      ledger.advance(at(1));
      expect(() => ledger.submit('a', 0, 'é'.repeat(257))).to.throw(
        LedgerError,
        /512 bytes, not 514/,
      );
      ledger.submit('a', 0, 'é'.repeat(256));
    });

    it('need a stake', () => {
      const ledger = newLedger();
      ledger.advance(at(1));
      expect(() => ledger.submit('stranger', 0, 'v')).to.throw(
        LedgerError,
        /stranger has no stake/,
      );
    });

    it('stand once: the same again changes nothing, another is refused', () => {
      const ledger = newLedger();
      ledger.advance(at(1));
      ledger.submit('a', 0, 'first');
      ledger.advance(at(1) + 5);
      ledger.submit('a', 0, 'first');
      expect(() => ledger.submit('a', 0, 'second')).to.throw(LedgerError, /already submitted/);
      expect(ledger.record(0)!.submissions.get('a')).to.deep.equal({ value: 'first', slot: at(1) });
    });

    it('are seen for as many rounds as failed distributions are allowed', () => {
      const ledger = ledgerWithSubmissions({ allowedFailedDistributions: 4 });
      const config = parseTaskConfig(
        'task_name: x\nround_time: 100\nsubmission_window: 40\naudit_window: 40\nminimum_stake_amount: 1\ntotal_bounty_amount: 1\nbounty_amount_per_round: 1\nallowed_failed_distributions: 4',
      );
      const stateOf = () =>
        taskState(ledger, { taskId: 't', config }, { is_submission_required: true });
      ledger.advance(at(4) - 1);
      expect(submissionInfo(ledger, 0).submissions).to.have.property('0');
      expect(stateOf()['submissions']).to.have.property('0');
      ledger.advance(at(4));
      expect(submissionInfo(ledger, 0)).to.deep.equal({
        submissions: {},
        submissions_audit_trigger: {},
      });
      expect(stateOf()['submissions']).to.deep.equal({});
      expect(ledger.record(0)!.submissions.size, 'for the report').to.equal(3);
    });
  });

  describe('audits of submissions', () => {
    it('are taken in the audit window after the submission window, both edges', () => {
      const ledger = newLedger();
      ledger.advance(at(1));
      ledger.submit('a', 0, 'v');
      ledger.advance(auditAt(1) - 1);
      expect(() => ledger.voteOnSubmission('b', 'a', 0, false)).to.throw(
        LedgerError,
        /audit window/,
      );
      ledger.advance(auditAt(1));
      ledger.voteOnSubmission('b', 'a', 0, false);
      ledger.advance(settledAt(1) - 1);
      ledger.voteOnSubmission('c', 'a', 0, true);
      ledger.advance(settledAt(1));
      expect(() => ledger.voteOnSubmission('c', 'a', 0, true)).to.throw(LedgerError);
      expect(submissionInfo(ledger, 0).submissions_audit_trigger[0]!['a']).to.deep.equal({
        trigger_by: 'b',
        slot: auditAt(1),
        votes: [
          { is_valid: false, voter: 'b', slot: auditAt(1) },
          { is_valid: true, voter: 'c', slot: settledAt(1) - 1 },
        ],
      });
    });

    it('are refused of what was never submitted, of oneself, twice, and without stake', () => {
      const ledger = newLedger();
      ledger.advance(at(1));
      ledger.submit('a', 0, 'v');
      ledger.advance(auditAt(1));
      expect(() => ledger.voteOnSubmission('a', 'b', 0, false)).to.throw(/no submission/);
      expect(() => ledger.voteOnSubmission('a', 'a', 0, true)).to.throw(/on its own/);
      expect(() => ledger.voteOnSubmission('x', 'a', 0, true)).to.throw(/no stake/);
      ledger.voteOnSubmission('b', 'a', 0, false);
      ledger.voteOnSubmission('b', 'a', 0, false);
      expect(() => ledger.voteOnSubmission('b', 'a', 0, true)).to.throw(/already voted/);
      expect(ledger.record(0)!.submissionAudits.get('a')!.votes).to.have.length(1);
    });
  });

  describe('distribution lists', () => {
    it('are taken in the submission window two rounds later, both edges', () => {
      const ledger = ledgerWithSubmissions();
      ledger.uploadList('a', 0, {});
      ledger.submitList('a', 0);
      ledger.advance(auditAt(2) - 1);
      makeList(ledger, 'b', {});
      ledger.advance(auditAt(2));
      expect(() => makeList(ledger, 'c', {})).to.throw(LedgerError, /submission window of round 2/);
      const early = newLedger();
      early.advance(at(1));
      expect(() => makeList(early, 'a', {})).to.throw(LedgerError, /is due in round 1/);
    });

    it('must have been uploaded by the same key, with integers that pay at most the bounty', () => {
      const ledger = ledgerWithSubmissions();
      expect(() => ledger.submitList('a', 0)).to.throw(LedgerError, /uploaded no/);
      expect(() => ledger.uploadList('a', 0, { a: 1.5 })).to.throw(LedgerError, /integer/);
      expect(() => ledger.uploadList('a', 0, { a: 500, b: 401 })).to.throw(LedgerError, /901/);
      expect(() => ledger.uploadList('x', 0, {})).to.throw(LedgerError, /no stake/);
      ledger.uploadList('a', 0, { a: 500, b: 400, c: -10 });
      expect(() => ledger.submitList('b', 0)).to.throw(LedgerError, /uploaded no/);
    });

    it('pay and slash once, when the audit window is over', () => {
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
    });

    it('fall to a majority of false, and only to that', () => {
      for (const { votes, status } of [
        { votes: [], status: 'PayoutSuccessful' },
        { votes: [false], status: 'PayoutFailed' },
        { votes: [false, true], status: 'PayoutSuccessful' },
        { votes: [false, false], status: 'PayoutFailed' },
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

    it('are made again after a failure, by another, until one stands', () => {
      const ledger = ledgerWithSubmissions();
      expect(ledger.roundsDueForLists()).to.deep.equal([0]);
      makeList(ledger, 'a', { a: 900 });
      ledger.advance(auditAt(2));
      ledger.voteOnList('b', 'a', 0, false);
      ledger.advance(at(3));
      expect(ledger.roundsDueForLists()).to.deep.equal([1, 0]);
      expect(ledger.wasVotedOutLately(0)).to.equal(true);
      expect(() => makeList(ledger, 'a', { a: 800 })).to.throw(LedgerError, /already submitted/);
      makeList(ledger, 'b', { b: 900 });
      ledger.advance(auditAt(3));
      expect(() => ledger.voteOnList('c', 'a', 0, false), 'the old list').to.throw(LedgerError);
      ledger.advance(settledAt(3));
      expect(Object.fromEntries(ledger.balances)).to.deep.equal({ b: 900 });
      ledger.advance(at(4));
      expect(ledger.roundsDueForLists()).to.deep.equal([2]);
      expect(ledger.wasVotedOutLately(0)).to.equal(false);
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

    it('are over for a round in which none was made', () => {
      const ledger = ledgerWithSubmissions();
      ledger.advance(settledAt(2) - 1);
      expect(ledger.isClosed(0)).to.equal(false);
      ledger.advance(settledAt(2));
      expect(ledger.isClosed(0)).to.equal(true);
      ledger.advance(at(3));
      expect(() => makeList(ledger, 'a', {})).to.throw(LedgerError, /no distribution list/);
    });

    it('are paid in the order of submission, one a round', () => {
      const ledger = ledgerWithSubmissions();
      makeList(ledger, 'c', { c: 900 });
      makeList(ledger, 'a', { a: 900 });
      ledger.advance(settledAt(2));
      expect(Object.fromEntries(ledger.balances)).to.deep.equal({ c: 900 });
      expect(ledger.record(0)!.lists.get('a')!.outcome).to.equal('not used');
    });
  });

  describe('under any transactions at any times', () => {
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
        do: fc.constant('list' as const),
        key,
        round,
        amounts: fc.dictionary(key, fc.integer({ min: -100, max: 500 })),
      }),
    );
    type Action = typeof action extends fc.Arbitrary<infer T> ? T : never;

    function apply(ledger: Ledger, step: Action): void {
      try {
        switch (step.do) {
          case 'advance':
            return ledger.advance(ledger.slot + step.slots);
          case 'submit':
            return ledger.submit(step.key, step.round, step.value);
          case 'list':
            return makeList(ledger, step.key, step.amounts, step.round);
          default:
            return ledger[step.do](step.key, step.candidate, step.round, step.isValid);
        }
      } catch (error) {
        if (!(error instanceof LedgerError)) throw error;
      }
    }

    /** Aims a step at the round whose window is open now, so that many of them succeed. */
    function aimed(ledger: Ledger, step: Action): Action {
      if (step.do === 'advance' || step.round > 3) return step;
      const back = step.do === 'list' || step.do === 'voteOnList' ? 2 : 1;
      return { ...step, round: Math.max(0, ledger.currentRound - back) };
    }

    it('pays at most the bounty a round, slashes at most the stake, and keeps its books', () => {
      let paidRuns = 0;
      fc.assert(
        fc.property(fc.array(action, { minLength: 60, maxLength: 120 }), (steps) => {
          const ledger = newLedger();
          for (const step of steps) apply(ledger, aimed(ledger, step));
          ledger.advance(ledger.slot + 1000);
          const payouts = Array.from({ length: 40 }, (_, r) => ledger.record(r)?.payouts ?? {});
          const sum = (sign: number, amounts: Readonly<Record<string, number>>) =>
            Object.values(amounts).reduce((total, x) => total + Math.max(0, sign * x), 0);
          for (const amounts of payouts) expect(sum(1, amounts)).to.be.at.most(900);
          const paid = payouts.reduce((total, amounts) => total + sum(1, amounts), 0);
          const slashed = payouts.reduce((total, amounts) => total + sum(-1, amounts), 0);
          const total = (amounts: ReadonlyMap<string, number>) =>
            [...amounts.values()].reduce((a, b) => a + b, 0);
          expect(total(ledger.balances)).to.equal(paid);
          expect(total(ledger.stakes)).to.equal(3 * STAKE - slashed);
          expect(Math.min(...ledger.stakes.values())).to.be.at.least(0);
          if (paid > 0) paidRuns++;
        }),
        { numRuns: 500 },
      );
      expect(paidRuns, 'runs that came to a payout').to.be.above(20);
    });

    it('a transaction sent twice counts once', () => {
      fc.assert(
        fc.property(fc.array(action, { maxLength: 80 }), (steps) => {
          const once = newLedger();
          const twice = newLedger();
          for (const step of steps.map((each) => aimed(once, each))) {
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
});
