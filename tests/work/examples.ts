import { expect } from 'chai';
import { sha256d } from '../../src/bitcoin/sha256';
import { headerOf, type Template } from '../../src/work/segment';
import type { Example } from '../fixtures/proofs';

/** Builds the coinbase and the header of an example, and compares them byte for byte. */
export function expectExample(template: Template, example: Example): void {
  const { extranonce, versionBits, timeOffset, nonce } = example;
  const { coinbase1, coinbase2 } = template;
  const coinbase = coinbase1.toString('hex') + extranonce + coinbase2.toString('hex');
  expect(coinbase).to.equal(example.coinbase);
  const bytes = Buffer.from(extranonce, 'hex');
  const attempt = {
    prefix: bytes.readUInt16BE(0),
    extranonce2: bytes.readUInt32BE(2),
    versionBits,
    timeOffset,
    nonce,
  };
  const header = headerOf(template, attempt);
  expect(header.toString('hex')).to.equal(example.header);
  expect(sha256d(header).toString('hex')).to.equal(example.headerHash);
}
