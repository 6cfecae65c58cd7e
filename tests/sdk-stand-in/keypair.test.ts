import { expect } from 'chai';
import {
  Keypair,
  openMessage,
  PublicKey,
  signMessage,
} from '../../sdk-stand-in/namespace-wrapper/keypair';
import { SECRET_KEY } from './wallet';

// RFC 8032 section 7.1, test 2: over the single byte 72.
const SIGNATURE =
  '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da' +
  '085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00';

describe('stand-in keys', () => {
  it('signs the message of RFC 8032 as NaCl does, signature first', () => {
    const signed = signMessage(Uint8Array.of(0x72), SECRET_KEY);
    expect(Buffer.from(signed).toString('hex')).to.equal(`${SIGNATURE}72`);
  });

  it('opens what it signed, and nothing that was changed', () => {
    const { publicKey } = Keypair.fromSecretKey(SECRET_KEY);
    const signed = signMessage(Buffer.from('message'), SECRET_KEY);
    expect(Buffer.from(openMessage(signed, publicKey)!).toString()).to.equal('message');
    signed[70]! ^= 1;
    expect(openMessage(signed, publicKey)).to.equal(null);
    expect(openMessage(signed.subarray(0, 10), publicKey)).to.equal(null);
  });

  it('takes a secret key back and shows its public key as base58, also in JSON', () => {
    const keypair = Keypair.generate();
    const again = Keypair.fromSecretKey(keypair.secretKey);
    expect(again.publicKey.toBase58()).to.equal(keypair.publicKey.toBase58());
    expect(JSON.stringify([again.publicKey])).to.equal(`["${keypair.publicKey.toBase58()}"]`);
    expect(Buffer.from(Keypair.fromSecretKey(SECRET_KEY).publicKey.toBytes())).to.deep.equal(
      SECRET_KEY.subarray(32),
    );
  });

  it('refuses a secret key whose halves do not belong together, and keys of another length', () => {
    const torn = Uint8Array.from(SECRET_KEY);
    torn[0]! ^= 1;
    expect(() => Keypair.fromSecretKey(torn)).to.throw('invalid');
    expect(() => Keypair.fromSecretKey(torn.subarray(1))).to.throw('size');
    expect(() => new PublicKey(new Uint8Array(31))).to.throw('Invalid public key');
    expect(() => new PublicKey('2')).to.throw('Invalid public key');
  });
});
