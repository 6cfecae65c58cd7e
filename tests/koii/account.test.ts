import { expect } from 'chai';
import { Account } from '../../src/koii/account';
import { NodeCallError } from '../../src/koii/calls';
import { createLog } from '../../src/process/log';
import { deriveKeyPair } from '../../simulator/keys';

const [mined, other] = [deriveKeyPair('mined').publicKey, deriveKeyPair('other').publicKey];

describe('Account', () => {
  let answer: () => Promise<string>;
  let stops: number;
  let lines: string[];
  let account: Account;
  beforeEach(() => {
    [stops, lines] = [0, []];
    const log = createLog('info', (line) => lines.push(line));
    account = new Account(
      mined,
      log,
      () => stops++,
      () => answer(),
    );
  });

  it('is kept while the node submits under it', async () => {
    answer = () => Promise.resolve(mined);
    expect(await account.isKept()).to.equal(true);
    expect([stops, lines.length]).to.deep.equal([0, 0]);
  });

  it('has the process end when the node has another, and names both once', async () => {
    answer = () => Promise.resolve(other);
    expect(await account.isKept()).to.equal(false);
    expect(await account.isKeptAsFarAsKnown()).to.equal(false);
    expect(stops).to.be.at.least(1);
    expect(lines).to.have.length(1);
    expect(lines[0]).to.include(mined).and.include(other);
  });

  it('can be mined for, and not be submitted for, while the node does not tell', async () => {
    answer = () => Promise.reject(new NodeCallError('away'));
    expect(await account.isKeptAsFarAsKnown()).to.equal(true);
    expect(await account.isKept().catch((e: unknown) => e)).to.be.instanceOf(NodeCallError);
    expect(stops).to.equal(0);
  });
});
