import bs58 from 'bs58';
import { expect } from 'chai';

import { deriveKeyPair, openSigned, parsePublicKey, signJson } from '../../simulator/keys';

describe("the simulator's keys", () => {
  const alice = deriveKeyPair('alice');

  it('are the same for the same text, and of the sizes Koii uses', () => {
    expect(deriveKeyPair('alice')).to.deep.equal(alice);
    expect(deriveKeyPair('bob').publicKey).not.to.equal(alice.publicKey);
    expect(bs58.decode(alice.publicKey)).to.deep.equal(alice.publicKeyBytes);
    expect(alice.secretKey.slice(32)).to.deep.equal(alice.publicKeyBytes);
    expect(alice.secretKey).to.have.length(64);
  });

  it('sign what can be opened with the public key, and with no other', () => {
    const signed = signJson({ round: 3 }, alice);
    expect(openSigned(signed, alice.publicKey)).to.deep.equal({ data: '{"round":3}' });
    expect(openSigned(signed, deriveKeyPair('bob').publicKey)).to.have.property('error');
    const changed = bs58.decode(signed);
    changed[changed.length - 2]! ^= 1;
    expect(openSigned(bs58.encode(changed), alice.publicKey)).to.have.property('error');
    expect(openSigned('not base58: 0OIl', alice.publicKey)).to.have.property('error');
    expect(openSigned('', alice.publicKey)).to.have.property('error');
  });

  it('come out of the forms in which a PublicKey travels as JSON', () => {
    const hex = Buffer.from(alice.publicKeyBytes).toString('hex');
    expect(parsePublicKey(alice.publicKey)).to.equal(alice.publicKey);
    expect(parsePublicKey({ _bn: hex })).to.equal(alice.publicKey);
    // A big number drops its leading zeros.
    expect(parsePublicKey({ _bn: '01' })).to.equal(`${'1'.repeat(31)}2`);
  });

  for (const value of ['', 'abc', '0OIl', null, undefined, 7, {}, { _bn: 'xyz' }, { _bn: 5 }]) {
    it(`don't come out of ${JSON.stringify(value)}`, () => {
      expect(() => parsePublicKey(value)).to.throw(TypeError);
    });
  }
});
