import { readFileSync } from 'node:fs';

import { expect } from 'chai';

import { SlotClock } from '../../simulator/clock';
import { parseTaskConfig } from '../../simulator/config';
import { deriveKeyPair } from '../../simulator/keys';
import { Ledger } from '../../simulator/ledger';
import { LedgerError } from '../../simulator/ledger-error';
import type { LedgerOptions } from '../../simulator/ledger-options';
import { createModifiedMethods } from '../../simulator/modified-node';
import { extraKeyPairs, nodeAccounts } from '../../simulator/simulated-node';

const config = parseTaskConfig(readFileSync('tests/fixtures/toy-task.yml', 'utf8'));
const accounts = nodeAccounts('test', 0);
const extraKeys = extraKeyPairs('test', 0, 2);
const own = accounts.staking.publicKey;
const [first, second] = extraKeys.map(({ publicKey }) => publicKey) as [string, string];
const honest = nodeAccounts('test', 1).staking.publicKey;

function start(options: Partial<LedgerOptions> = {}) {
  const clock = new SlotClock(0, 20);
  const ledger = new Ledger(
    { ...config, startingSlot: 0 },
    [own, first, second, honest].map((key) => [key, config.minimumStake]),
    options,
  );
  const methods = createModifiedMethods(
    {
      taskId: deriveKeyPair('task').publicKey,
      config,
      ledger,
      clock,
      accounts,
      directory: '',
      rpcUrl: () => '',
      onSetup: () => {},
      onNotice: () => {},
    },
    extraKeys,
  );
  const call = (method: string, ...args: unknown[]) => methods[method]!(...args);
  return { ledger, call };
}

describe('a node that its operator changed', () => {
  it('derives its extra keys from the seed', () => {
    expect(first).to.equal(deriveKeyPair('test/node-1/extra-0').publicKey);
    expect(extraKeyPairs('test', 1, 1)[0]!.publicKey).not.to.equal(first);
    expect(start().call('extraKeys')).to.deep.equal([first, second]);
  });

  it('does what any node does', () => {
    const { ledger, call } = start();
    ledger.advance(100);
    call('checkSubmissionAndUpdateRound', 'v', 0);
    expect(ledger.record(0)!.submissions.get(own)!.value).to.equal('v');
  });

  it('submits late and again where the ledger lets it', () => {
    const { ledger, call } = start({ lateSubmissions: true, replacedSubmissions: true });
    ledger.advance(100);
    call('submitRaw', 'first', 0);
    ledger.advance(310);
    call('checkSubmissionAndUpdateRound', 'second', 0);
    expect(ledger.record(0)!.submissions.get(own)!.value, 'the node looks first').to.equal('first');
    call('submitRaw', 'second', 0);
    expect(ledger.record(0)!.submissions.get(own)).to.deep.equal({ value: 'second', slot: 310 });
    expect(() => start().call('submitRaw', 'early', 0)).to.throw(LedgerError);
  });

  it('names any account and writes all but those of other nodes', () => {
    const { ledger, call } = start();
    ledger.advance(200);
    call('writeAccount', 'an account', 0, 'any text');
    call('nameList', 'an account', 0);
    expect(ledger.record(0)!.lists.get(own)!.account).to.equal('an account');
    expect(call('getDistributionList', 'an account', 0)).to.equal('any text');
    call('writeAccount', own, 0, '1');
    call('writeAccount', first, 0, '2');
    call('asExtra', 0, 'writeAccount', own, 0, '3');
    expect(() => call('writeAccount', honest, 0, '{}')).to.throw(LedgerError);
    expect([own, first].map((key) => ledger.readAccount(key, 0))).to.deep.equal(['3', '2']);
  });

  it('adds to its stake and takes it back', () => {
    const { ledger, call } = start();
    call('addStake', 7);
    call('asExtra', 1, 'addStake', -3);
    expect([own, second].map((key) => ledger.stakes.get(key))).to.deep.equal([2e9 + 7, 2e9 - 3]);
    expect(() => call('addStake', -2e9 - 8)).to.throw(LedgerError);
  });

  it('does all of it as each of its extra keys', () => {
    const { ledger, call } = start();
    ledger.advance(100);
    call('asExtra', 0, 'submitRaw', 'x', 0);
    call('asExtra', 1, 'checkSubmissionAndUpdateRound', 'y', 0);
    expect([...ledger.record(0)!.submissions.keys()]).to.deep.equal([first, second]);
    ledger.advance(140);
    call('asExtra', 1, 'auditSubmission', first, false, 0);
    ledger.advance(200);
    call('asExtra', 1, 'uploadDistributionList', { [honest]: 1 }, 0);
    call('asExtra', 1, 'distributionListSubmissionOnChain', 0);
    expect(ledger.record(0)!.lists.get(second)!.account).to.equal(second);
    const account = call('asExtra', 0, 'getSubmitterAccount');
    expect(account).to.have.nested.property('_keypair.secretKey.0', extraKeys[0]!.secretKey[0]);
    expect(call('asExtra', 0, 'asExtra', 1, 'extraKeys')).to.deep.equal([first, second]);
  });

  it('refuses extra keys and methods there are not, and arguments of the wrong kind', () => {
    const { call } = start();
    expect(() => call('asExtra', 2, 'getRound')).to.throw(RangeError, /extra key 2/);
    expect(() => call('asExtra', '0', 'getRound')).to.throw(RangeError);
    expect(() => call('asExtra', 0, 'claimReward')).to.throw(/claimReward is not simulated/);
    expect(() => call('asExtra', 0, 'constructor')).to.throw(/is not simulated/);
    expect(() => call('submitRaw', 7, 0)).to.throw(TypeError);
    expect(() => call('writeAccount', 'account', 0, {})).to.throw(TypeError);
    expect(() => call('nameList', 'account', -1)).to.throw(TypeError);
    expect(() => call('addStake', '1')).to.throw(TypeError);
  });
});
