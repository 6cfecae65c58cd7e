import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { FLOOR, PROOF_RULES, type TaskPayout } from '../../src/consensus';
import { buildFixture } from '../bundle/webpack';

const { builtConsensus, halvingBlocksOf, parseTaskPayout } = createRequire(__filename)(
  '../../build/consensus.js',
) as {
  builtConsensus: (env: Record<string, unknown>) => unknown;
  halvingBlocksOf: (network: string) => number;
  parseTaskPayout: (text: string) => TaskPayout;
};

const PROGRAM = 'e060385126b355a9740e4c9f70900ba0980ca07e';

describe('what the bundle is built with', () => {
  it('is a part for the task, of 1 to 50 percent', () => {
    for (const percent of [1, 9, 10, 50]) {
      expect(parseTaskPayout(`${PROGRAM}:${percent}`)).to.deep.equal({ program: PROGRAM, percent });
    }
    expect(parseTaskPayout(`${PROGRAM.toUpperCase()}:10`).program).to.equal(PROGRAM);
  });

  for (const text of [
    '',
    PROGRAM,
    `${PROGRAM}:`,
    `${PROGRAM}:0`,
    `${PROGRAM}:51`,
    `${PROGRAM}:100`,
    `${PROGRAM}:1.5`,
    `${PROGRAM}:-1`,
    `${PROGRAM}:01`,
    `${PROGRAM}:1e1`,
    `${PROGRAM}:10\n`,
    `${PROGRAM}0:10`,
    `${PROGRAM.slice(1)}:10`,
    ` ${PROGRAM}:10`,
    `${PROGRAM}: 10`,
    `g${PROGRAM.slice(1)}:10`,
    `0x${PROGRAM.slice(2)}:10`,
    'bc1qupsrs5fxkd26jaqwfj0:10',
  ]) {
    it(`is not the part ${JSON.stringify(text)}`, () => {
      expect(() => parseTaskPayout(text)).to.throw(/^Expected a P2WPKH program of 40 hex digits, /);
    });
  }

  it('is for the network main or regtest', () => {
    expect([halvingBlocksOf('main'), halvingBlocksOf('regtest')]).to.deep.equal([210_000, 150]);
    for (const network of ['', 'Main', 'testnet', 'constructor', '__proto__']) {
      expect(() => halvingBlocksOf(network), network).to.throw(/^Expected main or regtest\.$/);
    }
  });

  it('is nothing unless it is said, and what is said wrong is named', () => {
    expect(builtConsensus({ release: true })).to.deep.equal({
      network: 'main',
      taskPayout: undefined,
      halvingBlocks: 210_000,
    });
    expect(() => builtConsensus({ 'task-payout': 'x:1' })).to.throw(
      /^--env task-payout=x:1 is invalid\. Expected a P2WPKH program/,
    );
    // What webpack passes if no value was given.
    expect(() => builtConsensus({ 'task-payout': true })).to.throw(/^--env task-payout=true is/);
    expect(() => builtConsensus({ bitcoin: true })).to.throw(/^--env bitcoin=true is invalid/);
  });
});

describe('the consensus of a bundle', function () {
  this.timeout(120_000);
  let folder: string;
  before(() => (folder = mkdtempSync(path.join(tmpdir(), 'consensus-test-'))));
  after(() => rmSync(folder, { recursive: true }));

  /** The proof rules of a bundle built with these options and run in this environment. */
  async function rulesOf(env: string[], environment: NodeJS.ProcessEnv = {}): Promise<unknown> {
    const built = await buildFixture('print-rules.ts', folder, ...env);
    expect(built.status, built.stderr).to.equal(0);
    const program = path.join(folder, 'main.js');
    const ran = spawnSync(process.execPath, [program], {
      env: { ...process.env, ...environment },
      encoding: 'utf8',
    });
    return JSON.parse(ran.stdout);
  }

  it('is what it was built with', async () => {
    expect(await rulesOf([`task-payout=${PROGRAM}:10`, 'bitcoin=regtest'])).to.deep.equal({
      floor: String(FLOOR),
      taskPayout: { program: PROGRAM, percent: 10 },
      halvingBlocks: 150,
    });
  });

  it('is changed by no variable of the environment', async () => {
    const payout = `${PROGRAM}:10`;
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
    const ofNothing = { floor: String(FLOOR), halvingBlocks: 210_000 };
    expect(await rulesOf([], environment)).to.deep.equal(ofNothing);
    // The same when run from source.
    expect(PROOF_RULES).to.deep.equal({ ...ofNothing, taskPayout: undefined, floor: FLOOR });
  });

  it('is no bundle at all where an option can not be read', async () => {
    const { status, stdout, stderr } = await buildFixture('print-rules.ts', folder, 'bitcoin=moon');
    expect({ status, stdout }).to.deep.equal({ status: 1, stdout: '' });
    expect(stderr).to.equal('--env bitcoin=moon is invalid. Expected main or regtest.\n');
  });
});
