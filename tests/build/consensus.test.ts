import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { parseNetwork, parseTaskPayout } from '../../cli/rules';
import { BITCOIN_NETWORK, BITCOIN_NETWORKS, FLOOR, PROOF_RULES } from '../../src/consensus';
import { buildFixture } from '../bundle/webpack';

const { builtConsensus, describe: describeBuilt } = createRequire(__filename)(
  '../../build/consensus.js',
) as {
  builtConsensus: (env: Record<string, unknown>) => unknown;
  describe: (consensus: unknown) => string;
};

const PROGRAM = '751e76e8199196d454941c45d1b3a323f1433bd6';
const ADDRESSES = {
  main: 'bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4',
  testnet4: 'tb1qw508d6qejxtdg4y5r3zarvary0c5xw7kxpjzsx',
  regtest: 'bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080',
} as const;
const networks = Object.keys(ADDRESSES) as (keyof typeof ADDRESSES)[];
const ADDRESS = ADDRESSES.main;

describe('what the bundle is built with', () => {
  it('is a part for the task, of 1 to 50 percent, paid to an address of its network', () => {
    for (const network of networks) {
      for (const percent of [1, 9, 10, 50]) {
        const payout = `${ADDRESSES[network]}:${percent}`;
        const built = builtConsensus({ bitcoin: network, 'task-payout': payout });
        expect(built).to.deep.equal({ network, taskPayout: { program: PROGRAM, percent } });
      }
      for (const other of networks.filter((name) => name !== network)) {
        const env = { bitcoin: network, 'task-payout': `${ADDRESSES[other]}:10` };
        expect(() => builtConsensus(env), `${other} on ${network}`).to.throw(
          /^--env task-payout=\w+:10 is invalid\. Expected a P2WPKH address of Bitcoin's \w+ network \(\w+…\), got "\w+": an address of \w+\.$/,
        );
      }
    }
    expect(parseTaskPayout(`${ADDRESS.toUpperCase()}:10`, 'main').program).to.equal(PROGRAM);
  });

  for (const text of [
    '',
    ADDRESS,
    `${ADDRESS}:`,
    `${ADDRESS}:0`,
    `${ADDRESS}:51`,
    `${ADDRESS}:100`,
    `${ADDRESS}:1.5`,
    `${ADDRESS}:-1`,
    `${ADDRESS}:01`,
    `${ADDRESS}:1e1`,
    `${ADDRESS}:10\n`,
    `${ADDRESS}: 10`,
    `bitcoin:${ADDRESS}:10`,
    ':10',
  ]) {
    it(`is not the part ${JSON.stringify(text)}`, () => {
      expect(() => parseTaskPayout(text, 'main')).to.throw(
        /^Expected an address, a colon and a percentage from 1 to 50\.$/,
      );
    });
  }

  for (const address of [` ${ADDRESS}`, `${ADDRESS.slice(0, -1)}5`, PROGRAM, 'x']) {
    it(`pays none to ${JSON.stringify(address)}`, () => {
      expect(() => parseTaskPayout(`${address}:10`, 'main')).to.throw(
        /^Expected a P2WPKH address of Bitcoin's main network \(bc1q…\), got ".*": .*\.$/,
      );
    });
  }

  it('is for the network main, testnet4 or regtest', () => {
    expect(networks.map(parseNetwork)).to.deep.equal(networks).and.deep.equal(BITCOIN_NETWORKS);
    for (const network of ['', 'Main', 'testnet', 'constructor', '__proto__']) {
      expect(() => parseNetwork(network), network).to.throw(
        /^Expected one of main, testnet4, regtest\.$/,
      );
    }
  });

  it('is nothing unless it is said, and what is said wrong is named', () => {
    expect(builtConsensus({ release: true })).to.deep.equal({
      network: 'main',
      taskPayout: undefined,
    });
    expect(() => builtConsensus({ 'task-payout': 'x:1' })).to.throw(
      /^--env task-payout=x:1 is invalid\. Expected a P2WPKH address/,
    );
    // What webpack passes if no value was given.
    expect(() => builtConsensus({ 'task-payout': true })).to.throw(/^--env task-payout=true is/);
    expect(() => builtConsensus({ bitcoin: true })).to.throw(/^--env bitcoin=true is invalid/);
  });

  it('is said in words', () => {
    expect(describeBuilt(builtConsensus({}))).to.equal(
      "on Bitcoin's main network blocks pay the task nothing",
    );
    const env = { bitcoin: 'testnet4', 'task-payout': `${ADDRESSES.testnet4.toUpperCase()}:9` };
    expect(describeBuilt(builtConsensus(env))).to.equal(
      `on Bitcoin's testnet4 network blocks pay the task 9 % (${ADDRESSES.testnet4})`,
    );
  });
});

describe('the consensus of a bundle', function () {
  this.timeout(120_000);
  let folder: string;
  before(() => (folder = mkdtempSync(path.join(tmpdir(), 'consensus-test-'))));
  after(() => rmSync(folder, { recursive: true }));

  /** What a build says last, and the network and proof rules of the bundle when it runs in this environment. */
  async function rulesOf(env: string[], environment: NodeJS.ProcessEnv = {}) {
    const built = await buildFixture('print-rules.ts', folder, ...env);
    expect(built.status, built.stderr).to.equal(0);
    const program = path.join(folder, 'main.js');
    const ran = spawnSync(process.execPath, [program], {
      env: { ...process.env, ...environment },
      encoding: 'utf8',
    });
    const said = built.stdout.trimEnd().split('\n').at(-1);
    return { said, rules: JSON.parse(ran.stdout) as unknown };
  }

  it('is what it was built with, as the last line of the build says', async () => {
    const payout = `${ADDRESSES.regtest}:10`;
    const { said, rules } = await rulesOf([`task-payout=${payout}`, 'bitcoin=regtest']);
    const taskPayout = { program: PROGRAM, percent: 10 };
    expect(rules).to.deep.equal([
      'regtest',
      { floor: String(FLOOR), network: 'regtest', taskPayout, halvingBlocks: 150 },
    ]);
    expect(said).to.match(/; on Bitcoin's regtest network blocks pay the task 10 % \(bcrt1q\w+\)$/);
  });

  it('is changed by no variable of the environment', async () => {
    const payout = `${ADDRESSES.regtest}:10`;
    const built = JSON.stringify({ taskPayout: { program: PROGRAM, percent: 10 }, floor: '1' });
    const environment = {
      TASK_PAYOUT: payout,
      'task-payout': payout,
      taskPayout: payout,
      PROOF_RULES: built,
      BITCOIN: 'regtest',
      bitcoin: 'regtest',
      BITCOIN_NETWORK: 'regtest',
      HALVING_BLOCKS: '150',
      halvingBlocks: '150',
      FLOOR: '1',
      K: '1',
      BUILT_CONSENSUS: built,
    };
    const ofNothing = { network: 'main', halvingBlocks: 210_000 };
    const { said, rules } = await rulesOf([], environment);
    expect(rules).to.deep.equal(['main', { ...ofNothing, floor: String(FLOOR) }]);
    expect(said).to.match(/; on Bitcoin's main network blocks pay the task nothing$/);
    // The same when run from source.
    expect(PROOF_RULES).to.deep.equal({ ...ofNothing, taskPayout: undefined, floor: FLOOR });
    expect(BITCOIN_NETWORK).to.equal('main');
  });

  it('is no bundle at all where an option can not be read', async () => {
    const { status, stdout, stderr } = await buildFixture('print-rules.ts', folder, 'bitcoin=moon');
    expect({ status, stdout }).to.deep.equal({ status: 1, stdout: '' });
    expect(stderr).to.equal(
      '--env bitcoin=moon is invalid. Expected one of main, testnet4, regtest.\n',
    );
  });
});
