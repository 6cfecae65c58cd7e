import { expect } from 'chai';
import { deriveKeyPair } from '../../simulator/keys';
import { decodeKey, identityOf } from '../../src/work/identity';

describe('an identity', () => {
  it('names its submitter in base58 as well', () => {
    const { publicKey, publicKeyBytes } = deriveKeyPair('somebody');
    const taskId = Buffer.alloc(32, 7);
    const identity = identityOf(taskId, publicKeyBytes);
    expect(identity).to.deep.equal({ taskId, submitter: publicKeyBytes, publicKey });
    expect(Buffer.from(decodeKey(publicKey)).equals(publicKeyBytes)).to.equal(true);
  });
});
