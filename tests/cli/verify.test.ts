import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import path from 'node:path';
import { expect } from 'chai';
import { payoutAddressOf, type BitcoinNetworkName } from '../../src/bitcoin/address';
import { invalidVectors, vectors, type Vector } from '../fixtures/proofs';

const LOADER = createRequire(__filename).resolve('tsx');
const SCRIPT = path.join(__dirname, '../../cli/verify.ts');

const MAIN_ADDRESS = 'bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4';

function run(args: readonly string[], input = '') {
  const command = ['--import', LOADER, SCRIPT, ...args];
  return spawnSync(process.execPath, command, { input, encoding: 'utf8' });
}

/** Gives input to the command on stdin. */
function verify(input: unknown, ...options: string[]) {
  const text = typeof input === 'string' ? input : JSON.stringify(input);
  const { status, stdout, stderr } = run(['--file', '-', ...options], text);
  const lines = stdout.split('\n').filter(Boolean);
  return { status, stderr, verdicts: lines.map((line) => JSON.parse(line) as unknown) };
}

/** The options of the bundle that a vector was made with. */
function optionsOf({ taskPayout }: Vector, network: BitcoinNetworkName = 'main'): string[] {
  if (!taskPayout) return [];
  const { program, percent } = taskPayout;
  const address = payoutAddressOf(Buffer.from(program, 'hex'), network);
  return ['--task-payout', `${address}:${percent}`];
}

const verdictOf = ({ workSource, shares, hashes }: Vector) => ({
  valid: true,
  workSource,
  shares,
  hashes,
});

describe('npm run verify', function () {
  this.timeout(30_000);

  it('accepts one valid submission', () => {
    const [vector] = vectors;
    expect(verify(vector)).to.deep.include({ status: 0, verdicts: [verdictOf(vector!)] });
  });

  const withPayout = vectors.filter(({ taskPayout }) => taskPayout);
  const groups: [string, Vector[]][] = [
    ['without a part for the task', vectors.filter(({ taskPayout }) => !taskPayout)],
    ['with one', withPayout],
  ];
  for (const [what, group] of groups) {
    it(`accepts all vectors ${what}, and refuses all that are spoilt`, () => {
      const spoilt = invalidVectors.filter(({ of }) => group.includes(vectors[of]!));
      const submissions = spoilt.map(({ of, proof }) => ({ ...vectors[of], proof }));
      const { status, verdicts } = verify([...group, ...submissions], ...optionsOf(group[0]!));
      expect(status).to.equal(1);
      expect(verdicts.slice(0, group.length)).to.deep.equal(group.map(verdictOf));
      const refusals = verdicts.slice(group.length);
      expect(refusals).to.have.length(spoilt.length).and.not.empty;
      for (const [i, refusal] of refusals.entries()) {
        expect(refusal, spoilt[i]!.what).to.include({ valid: false, shares: 0, hashes: '0' });
        expect(refusal, spoilt[i]!.what).to.have.property('reason').that.is.a('string').not.empty;
      }
    });
  }

  it('refuses blocks that pay the task nothing, and those of another halving', () => {
    const [paying] = withPayout;
    const of = verify([paying]);
    expect(of.status).to.equal(1);
    expect(of.verdicts[0]).to.include({ valid: false, reason: 'share 0 is above the floor' });
    for (const network of ['main', 'testnet4', 'regtest'] as const) {
      const options = [...optionsOf(paying!, network), '--bitcoin-network', network];
      const verdicts = network === 'regtest' ? of.verdicts : [verdictOf(paying!)];
      expect(verify([paying], ...options).verdicts, network).to.deep.equal(verdicts);
    }
  });

  it('prints a line for each of an array, and fails when one is invalid', () => {
    const copied = { ...vectors[0], submitter: vectors[1]!.submitter };
    const { status, verdicts } = verify([vectors[0], copied, vectors[1]]);
    expect(status).to.equal(1);
    expect(verdicts[0]).to.deep.equal(verdictOf(vectors[0]!));
    expect(verdicts[1]).to.include({ valid: false, shares: 0, hashes: '0' });
    expect(verdicts[1]).to.have.property('reason', 'share 0 is above the floor');
    expect(verdicts[2]).to.deep.equal(verdictOf(vectors[1]!));
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
      status: 2,
      verdicts: [],
      stderr: 'stdin: expected a submission or an array of them, got an empty array\n',
    });
  });

  const unusable: [string, string[], RegExp][] = [
    ['that it does not know', ['--fil', 'x'], /^error: unknown option '--fil'/],
    ['that are missing', [], /^error: option '--file <path>' or '--from <url>' is missing\n$/],
    [
      'that name no file',
      ['--file', 'no-such.json'],
      /^no-such\.json: can't be read: there is no such file .*\n$/,
    ],
    [
      'that pay the task more than half',
      ['--task-payout', `${MAIN_ADDRESS}:51`],
      /^error: option '--task-payout <address:percent>' argument 'bc1q\w+:51' is invalid\. Expected an address, a colon and a percentage from 1 to 50\.\n$/,
    ],
    [
      'that pay it on another network',
      ['--task-payout', `${MAIN_ADDRESS}:10`, '--bitcoin-network', 'regtest'],
      /^error: option '--task-payout <address:percent>' argument 'bc1q\w+:10' is invalid\. Expected a P2WPKH address of Bitcoin's regtest network \(bcrt1q…\), got "bc1q\w+": an address of main\.\n$/,
    ],
    [
      'that name another network',
      ['--bitcoin-network', 'testnet'],
      /^error: option '--bitcoin-network <name>' argument 'testnet' is invalid\. Expected one of main, testnet4, regtest\.\n$/,
    ],
  ];
  for (const [what, args, message] of unusable) {
    it(`refuses options ${what}`, () => {
      const { status, stdout, stderr } = run(args);
      expect({ status, stdout }).to.deep.equal({ status: 2, stdout: '' });
      expect(stderr).to.match(message);
    });
  }
});
