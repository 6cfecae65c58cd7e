import { expect } from 'chai';
import { lineOf } from '../../../cli/preflight/finding';
import { checkTrial, type TrialReport } from '../../../cli/preflight/trial-run';

const AUDITS = { valid: 2, invalid: 0, abstained: 0, complete: true };

/** What a run of two nodes and two rounds reports that went well; the rounds after it carry nothing. */
function report(): TrialReport {
  const submissions = ['a', 'b'].map((publicKey) => ({
    publicKey,
    value: 'x',
    slot: 1,
    valid: true,
    estimatedHashes: '1000000',
  }));
  const round = (number: number, carries: boolean) => ({
    round: number,
    submissions: carries ? submissions : [],
    auditVotes: [],
    accepted: carries,
    payouts: carries ? { a: 5e8, b: 5e8 } : {},
  });
  const node = (name: string) => ({ name, exits: [{}], refusals: [], audits: AUDITS });
  return {
    bountyPerRound: 1e9,
    failures: [],
    rounds: [round(0, true), round(1, true), round(2, false), round(3, false)],
    nodes: [node('node-1'), node('node-2')],
  } as unknown as TrialReport;
}

const lines = (of: object = {}): string =>
  checkTrial({ ...report(), ...of })
    .map(lineOf)
    .join('\n');

describe('what preflight says of its two rounds', () => {
  it('is a line for each step', () => {
    expect(lines().split('\n')).to.deep.equal([
      'PASS run: started: 2 nodes ran to the end, 0 restarts, 0 refused calls.',
      'PASS run: mined: 4.00 Mhashes proven in 2 rounds.',
      'PASS run: proof on chain: 4 of 4 proofs.',
      'PASS run: verdicts: 4 of 4 proofs valid; audits: node-1 2 valid; node-2 2 valid.',
      'PASS run: list paid: 2 of 2 rounds paid, 1.0000 and 1.0000 of 1.0000 each.',
    ]);
  });

  it('is which step failed, with what to do', () => {
    const [first, second, ...rest] = report().rounds;
    const spoilt = first!.submissions.map((of) => ({ ...of, valid: false, reason: 'spoilt' }));
    expect(lines({ failures: ['node-1 ended'] })).to.match(
      /^FAIL run: started: node-1 ended\. Where/m,
    );
    expect(lines({ rounds: [first, { ...second, submissions: [] }, ...rest] })).to.match(
      /^FAIL run: proof on chain: 2 of 4 proofs/m,
    );
    expect(lines({ rounds: [{ ...first, submissions: spoilt }, second, ...rest] })).to.match(
      /^FAIL run: verdicts: 2 of 4 proofs valid \(spoilt\)/m,
    );
    expect(lines({ rounds: [first, { ...second, accepted: false }, ...rest] })).to.match(
      /^FAIL run: list paid: 1 of 2 rounds paid/m,
    );
    expect(lines({ rounds: rest })).to.match(/^FAIL run: mined: 0 hashes/m);
  });

  it('is that a node audited nothing, or found a proof invalid', () => {
    const [node, other] = report().nodes;
    expect(lines({ nodes: [node, { ...other, audits: null }] })).to.match(/^FAIL run: verdicts/m);
    const [first, ...rest] = report().rounds;
    const auditVotes = [{ voter: 'a', candidate: 'b', isValid: false, slot: 1 }];
    expect(lines({ rounds: [{ ...first, auditVotes }, ...rest] })).to.match(/^FAIL run: verdicts/m);
  });
});
