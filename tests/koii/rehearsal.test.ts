import { expect } from 'chai';
import type { Ledger } from '../../src/distribution/ledger';
import { REHEARSAL, rehearsalLine, silence, silentLedger } from '../../src/koii/rehearsal';
import { createLog } from '../../src/process/log';
import { NodeWrapper } from '../../sdk-stand-in/namespace-wrapper/node-wrapper';
import { Keypair } from '../../sdk-stand-in/namespace-wrapper/keypair';

const VALUE = { submission_value: 'x', slot: 1 };

describe('a rehearsal on a shared sandbox', () => {
  it('is none without the flag of the build', () => {
    expect(REHEARSAL).to.equal(undefined);
  });

  it('says which build it is', () => {
    const of = { id: '0000aaaa', isRecording: false };
    expect(rehearsalLine({ ...of, isShared: true })).to.equal(
      'this is rehearsal build 0000aaaa: it casts no vote and hands in no list',
    );
    expect(rehearsalLine({ ...of, isShared: false })).to.include(
      'rehearsal build 0000aaaa: it votes',
    );
  });

  it('lets the SDK vote on nothing by itself: neither on proofs nor on lists that it can not read', async () => {
    const { secretKey } = Keypair.generate();
    const submitted = { 7: { [Keypair.generate().publicKey.toBase58()]: VALUE } };
    const answers: Record<string, unknown> = {
      getSubmitterAccount: { _keypair: { secretKey: { ...secretKey } } },
      getTaskSubmissionInfo: { submissions: submitted, submissions_audit_trigger: {} },
      getTaskDistributionInfo: {
        distribution_rewards_submission: submitted,
        distributions_audit_trigger: {},
      },
    };
    const votes = async (isSilent: boolean): Promise<string[]> => {
      const calls: string[] = [];
      const sdk = new NodeWrapper((method) => {
        calls.push(method);
        return Promise.resolve(answers[method]);
      }, '');
      if (isSilent) silence(sdk as never);
      await sdk.validateAndVoteOnNodes(() => Promise.resolve(false), 7);
      await sdk.validateAndVoteOnDistributionList(() => Promise.resolve(false), 7);
      await sdk.uploadDistributionList({}, 7);
      await sdk.distributionListSubmissionOnChain(7);
      await sdk.payoutTrigger(7);
      return calls.filter((method) => !Object.hasOwn(answers, method));
    };
    expect(await votes(false)).to.deep.equal([
      'auditSubmission',
      'distributionListAuditSubmission',
      'uploadDistributionList',
      'distributionListSubmissionOnChain',
      'payloadTrigger',
    ]);
    expect(await votes(true)).to.deep.equal([]);
  });

  it('reads the ledger, writes nothing to it, and says each once what it would have done', async () => {
    const done: string[] = [];
    const note = (what: string) => () => {
      done.push(what);
      return Promise.resolve() as Promise<never>;
    };
    const ledger: Ledger = {
      windows: note('windows'),
      submissions: note('submissions'),
      bounty: note('bounty'),
      lists: note('lists'),
      contents: note('contents'),
      handIn: note('handIn'),
      vote: note('vote'),
      payOut: note('payOut'),
    };
    let said = '';
    const silent = silentLedger(
      ledger,
      createLog('info', (line) => (said += line)),
    );
    for (let i = 0; i < 2; i++) {
      await silent.handIn(7, {});
      await silent.vote(7, 'somebody', false);
      await silent.payOut(7);
    }
    expect(done).to.deep.equal([]);
    expect(said.match(/rehearsal: /g)).to.have.length(3);
    expect(said).to.include('the vote against the list of somebody for round 7 is not cast');
    await Promise.all([
      silent.windows(),
      silent.submissions(7),
      silent.bounty(),
      silent.lists(7, 9),
      silent.contents('account', 7),
    ]);
    expect(done).to.deep.equal(['windows', 'submissions', 'bounty', 'lists', 'contents']);
  });
});
