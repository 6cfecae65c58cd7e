import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { prepareProofs, SYNTHETIC_ROUND } from '../../../cli/simulate/synthetic-proofs';
import { deriveKeyPair, taskIdOf } from '../../../simulator';
import { verifyProof } from '../../../src/proof/verify';
import { ATTEMPT_SIZE } from '../../../src/work/attempt';
import { decodeKey } from '../../../src/work/identity';
import { roundSeed } from '../../../src/work/seed';
import { mineProof } from '../../fixtures/proofs';

const taskId = taskIdOf('synthetic proofs');
const keys = [0, 1, 2].map((n) => deriveKeyPair(`submitter ${n}`).publicKey);

const of = {
  taskId: decodeKey(taskId),
  round: SYNTHETIC_ROUND,
  seed: roundSeed(decodeKey(taskId), SYNTHETIC_ROUND, {}),
};

describe('the proofs of synthetic submitters', function () {
  this.timeout(120_000);
  let cache: string;
  let log: string[];

  before(() => (cache = mkdtempSync(path.join(os.tmpdir(), 'synthetic-'))));
  beforeEach(() => (log = []));
  after(() => rmSync(cache, { recursive: true }));

  const prepare = (submitters: string[]) =>
    prepareProofs(taskId, submitters, path.join(cache, 'proofs'), (line) => log.push(line));
  const file = () => path.join(cache, 'proofs', readdirSync(path.join(cache, 'proofs'))[0]!);
  let mined: string[];

  it('are real, of one share each, of both work sources by turns', async () => {
    mined = await prepare(keys.slice(0, 2));
    expect(mined).to.have.length(2);
    for (const [index, proof] of mined.entries()) {
      expect(verifyProof(proof, decodeKey(keys[index]!), of)).to.include({
        valid: true,
        shares: 1,
        source: index,
      });
    }
  });

  it('are mined once, and only those that are missing', async () => {
    expect(await prepare(keys.slice(0, 1))).to.deep.equal(mined.slice(0, 1));
    expect(log.join()).not.to.match(/Mined/);
    expect(readFileSync(file(), 'utf8').trim().split('\n')).to.deep.equal(mined);
    const more = await prepare(keys);
    expect(more.slice(0, 2)).to.deep.equal(mined);
    expect(log.at(-1)).to.match(/^Mined 1 proofs/);
  });

  it('are mined again where the file holds something else', async () => {
    const kept = readFileSync(file(), 'utf8').split('\n');
    writeFileSync(file(), [kept[0], kept[0], kept[2], ''].join('\n'));
    const again = await prepare(keys);
    expect(again[0]).to.equal(kept[0]);
    expect(log.at(-1)).to.match(/^Mined 2 proofs/);
    expect(readFileSync(file(), 'utf8')).to.equal(again.map((proof) => `${proof}\n`).join(''));
  });

  it('are mined again where the file is of an earlier form: shorter shares, of koii alone', async () => {
    const now = await prepare(keys);
    const earlier = now.map((proof) => {
      const bytes = Buffer.from(proof, 'base64url');
      const share = bytes.subarray(-ATTEMPT_SIZE);
      const withoutOffset = [share.subarray(0, 8), share.subarray(9)];
      return Buffer.concat([Buffer.of(0x10, 1, 1), ...withoutOffset]).toString('base64url');
    });
    writeFileSync(file(), earlier.map((proof) => `${proof}\n`).join(''));
    expect(await prepare(keys)).to.deep.equal(now);
    expect(log.join('\n'))
      .to.match(/^0 of 3 proofs are in/m)
      .and.to.match(/^Mined 3 proofs/m);
    // Valid, but of the wrong source for its place.
    const ofKoii = mineProof(of, decodeKey(keys[1]!));
    writeFileSync(file(), [now[0], ofKoii, now[2], ''].join('\n'));
    expect(await prepare(keys)).to.deep.equal(now);
    expect(log.at(-1)).to.match(/^Mined 2 proofs/);
  });
});
