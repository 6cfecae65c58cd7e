import { expect } from 'chai';

import { submissionInfo, taskState } from '../../simulator/chain-view';
import { parseTaskConfig } from '../../simulator/config';
import { LedgerError } from '../../simulator/ledger-error';
import { at, auditAt, ledgerWithSubmissions, newLedger, settledAt } from './ledgers';

describe('the ledger', () => {
  it('begins anew at an earlier round after a reset, and pays it as any other', () => {
    const pay = (ledger: ReturnType<typeof newLedger>, round: number): void => {
      ledger.advance(at(round + 1));
      ledger.submit('a', round, 'v');
      ledger.advance(at(round + 2));
      ledger.writeAccount('a', 'a', round, JSON.stringify({ a: 1 }));
      ledger.nameList('a', 'a', round);
      ledger.advance(settledAt(round + 2));
    };
    const ledger = newLedger();
    pay(ledger, 40);
    expect(ledger.balances.get('a')).to.equal(1);
    ledger.reset(3);
    expect([ledger.currentRound, ledger.slot]).to.deep.equal([3, at(3)]);
    expect(ledger.record(40)).to.equal(undefined);
    expect(ledger.balances.get('a')).to.equal(1);
    for (const round of [3, 6]) pay(ledger, round);
    expect(ledger.balances.get('a')).to.equal(3);
    expect(ledger.record(6)!.payoutStatus).to.equal('PayoutSuccessful');
  });

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

    it('are replaced by a second one where the ledger lets them, in the window', () => {
      const ledger = newLedger({ replacedSubmissions: true });
      ledger.advance(at(1));
      ledger.submit('a', 0, 'first');
      ledger.advance(at(1) + 5);
      ledger.submit('a', 0, 'first');
      expect(ledger.record(0)!.submissions.get('a')!.slot, 'the same again').to.equal(at(1));
      ledger.submit('a', 0, 'second');
      expect(ledger.record(0)!.submissions.get('a')).to.deep.equal({
        value: 'second',
        slot: at(1) + 5,
      });
      ledger.advance(auditAt(1));
      expect(() => ledger.submit('a', 0, 'third')).to.throw(LedgerError, /submission window/);
    });

    it('are taken late where the ledger lets them, as long as the round is kept, and never early', () => {
      const ledger = newLedger({ lateSubmissions: true, allowedFailedDistributions: 4 });
      expect(() => ledger.submit('a', 0, 'v')).to.throw(LedgerError, /window of round 1/);
      ledger.advance(at(1));
      ledger.submit('a', 0, 'v');
      ledger.advance(auditAt(1));
      ledger.submit('b', 0, 'v');
      ledger.advance(at(4) - 1);
      ledger.submit('c', 0, 'v');
      expect(() => ledger.submit('a', 0, 'another')).to.throw(LedgerError, /already submitted/);
      expect(Object.keys(submissionInfo(ledger, 0).submissions[0]!)).to.deep.equal(['a', 'b', 'c']);
      ledger.advance(at(4));
      expect(() => ledger.submit('b', 0, 'v')).to.throw(LedgerError, /window of round 1/);
    });

    it('are replaced late where the ledger lets both pass', () => {
      const ledger = ledgerWithSubmissions({ lateSubmissions: true, replacedSubmissions: true });
      ledger.submit('a', 0, 'another');
      expect(submissionInfo(ledger, 0).submissions[0]!['a']).to.deep.equal({
        submission_value: 'another',
        slot: at(2),
        round: 0,
      });
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
});
