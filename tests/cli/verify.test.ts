import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import path from 'node:path';
import { expect } from 'chai';
import { vectors } from '../fixtures/proofs';

const LOADER = createRequire(__filename).resolve('tsx');
const SCRIPT = path.join(__dirname, '../../cli/verify.ts');

function verify(input: unknown) {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['--import', LOADER, SCRIPT, '--file', '-'],
    { input: typeof input === 'string' ? input : JSON.stringify(input), encoding: 'utf8' },
  );
  const lines = stdout.split('\n').filter(Boolean);
  return { status, stderr, verdicts: lines.map((line) => JSON.parse(line) as unknown) };
}

describe('npm run verify', function () {
  this.timeout(30_000);
  const expected = vectors.map(({ shares, hashes }) => ({ valid: true, shares, hashes }));

  it('accepts one valid submission', () => {
    expect(verify(vectors[0])).to.deep.include({ status: 0, verdicts: [expected[0]] });
  });

  it('prints a line for each of an array, and fails when one is invalid', () => {
    const copied = { ...vectors[0], submitter: vectors[1]!.submitter };
    const { status, verdicts } = verify([vectors[0], copied, vectors[1]]);
    expect(status).to.equal(1);
    expect(verdicts[0]).to.deep.equal(expected[0]);
    expect(verdicts[1]).to.include({ valid: false, shares: 0, hashes: '0' });
    expect(verdicts[1]).to.have.property('reason', 'share 0 is above the floor');
    expect(verdicts[2]).to.deep.equal(expected[1]);
  });

  it('tells which field of the input can not be used', () => {
    const { status, stderr, verdicts } = verify({ ...vectors[0], submitter: 'abc' });
    expect(status).to.equal(2);
    expect(verdicts).to.deep.equal([]);
    expect(stderr).to.include('submitter').and.include('base58 of 32 bytes');
  });

  it('refuses what is no JSON, and nothing to verify', () => {
    expect(verify('{')).to.include({ status: 2 });
    expect(verify([])).to.deep.equal({
      ...{ status: 2, verdicts: [] },
      stderr: 'stdin: expected a submission or an array of them, got an empty array\n',
    });
  });

  it('refuses options that it does not know, files that it cannot read, and no file', () => {
    for (const [args, message] of [
      [['--fil', 'x'], /^error: unknown option '--fil'/],
      [['--file', 'no-such.json'], /^no-such\.json: can't be read: there is no such file .*\n$/],
      [[], /^error: option '--file <path>' is missing\n$/],
    ] as const) {
      const command = ['--import', LOADER, SCRIPT, ...args];
      const { status, stderr } = spawnSync(process.execPath, command, { encoding: 'utf8' });
      expect(status).to.equal(2);
      expect(stderr).to.match(message);
    }
  });
});
