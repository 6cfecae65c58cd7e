import path from 'node:path';
import { expect } from 'chai';
import { ESLint } from 'eslint';
import tseslint from 'typescript-eslint';

const ROOT = path.join(__dirname, '../..');

/** ESLint with the repository's rules, except those that need types, which take a minute. */
const eslint = new ESLint({ cwd: ROOT, overrideConfig: tseslint.configs.disableTypeChecked });

/** What ESLint says of one line in a file of src/. */
async function saidOf(file: string, code: string): Promise<string[]> {
  const [result] = await eslint.lintText(code, { filePath: path.join(ROOT, 'src', file) });
  return result!.messages
    .filter(({ ruleId }) => ruleId?.includes('restricted'))
    .map(({ message }) => message);
}

describe('eslint.config.mjs', () => {
  it('lets each room import what it may', async () => {
    for (const [file, source] of [
      ['store/probe.ts', '../process/log'],
      ['mining/threads/probe.ts', '../../format'],
      ['process/probe.ts', '../format'],
      ['stratum/probe.ts', '../rounds/share-intake'],
      ['bitcoin-node/probe.ts', '../work/bitcoin-network'],
      ['settings/probe.ts', '../notices/webhook-url'],
      ['notices/probe.ts', '../bitcoin/target'],
      ['node.ts', './stratum/server'],
      ['http/routes/probe.ts', '../../node'],
      ['http/routes/probe.ts', '../resource'],
      ['http/routes/probe.ts', './task'],
      ['http/routes/probe.ts', '../../distribution/recounts'],
      ['dashboard/probe.ts', '../http/api'],
      ['dashboard/browser/probe.ts', '../update'],
      ['dashboard/browser/probe.ts', '../../format'],
      ['dashboard/browser/probe.ts', './dom'],
      ['task/probe.ts', '../koii/sdk'],
      ['node.ts', './history/history'],
      ['main.ts', './index'],
    ] as const) {
      expect(await saidOf(file, `import { a } from '${source}';`), file).to.deep.equal([]);
    }
  });

  it('reports an import against the direction of the rooms, in each of them', async () => {
    for (const [file, source] of [
      ['bitcoin/probe.ts', '../consensus'],
      ['consensus.ts', './work/segment'],
      ['format.ts', './process/log'],
      ['process/probe.ts', '../node'],
      ['store/probe.ts', '../bitcoin/target'],
      ['work/probe.ts', '../process/log'],
      ['proof/probe.ts', '../store/store'],
      ['bitcoin-node/probe.ts', '../rounds/round'],
      ['bitcoin/probe.ts', '../bitcoin-node/rpc'],
      ['mining/threads/probe.ts', '../../rounds/miner'],
      ['notices/probe.ts', '../rounds/miner'],
      ['workers/probe.ts', '../proof/shares'],
      ['audit/probe.ts', '../rounds/round'],
      ['settings/probe.ts', '../rounds/round'],
      ['distribution/probe.ts', '../audit/auditor'],
      ['rounds/probe.ts', '../history/history'],
      ['history/probe.ts', '../metrics/metrics'],
      ['metrics/probe.ts', '../history/history'],
      ['stratum/probe.ts', '../store/store'],
      ['stratum/probe.ts', '../koii/calls'],
      ['koii/probe.ts', '../stratum/server'],
      ['koii/probe.ts', '../node'],
      ['koii/sdk.ts', '../node'],
      ['node.ts', './koii/calls'],
      ['http/routes/probe.ts', '../../dashboard/feed'],
      ['http/probe.ts', '../koii/chain'],
      ['dashboard/probe.ts', '../koii/chain'],
      ['dashboard/browser/probe.ts', '../status'],
      ['dashboard/browser/probe.ts', '../../consensus'],
      ['task/probe.ts', '../index'],
    ] as const) {
      const said = await saidOf(file, `import type { A } from '${source}';`);
      expect(said, `${file} ${source}`).to.have.length(1);
      expect(said[0]).to.include(source);
    }
  });

  it('lets namespaceWrapper be imported by src/koii/sdk.ts alone', async () => {
    const code = "import { namespaceWrapper } from '@_koii/namespace-wrapper';";
    for (const file of ['index.ts', 'bitcoin/probe.ts', 'koii/probe.ts', 'task/probe.ts']) {
      expect((await saidOf(file, code)).join(), file).to.include('src/koii/sdk.ts');
    }
    expect(await saidOf('koii/sdk.ts', code)).to.deep.equal([]);
  });

  it('lets shares be hashed by the intake and in audits alone', async () => {
    for (const [file, source] of [
      ['http/probe.ts', '../proof/shares'],
      ['rounds/probe.ts', '../proof/shares'],
      ['proof/probe.ts', './shares'],
    ]) {
      for (const what of [
        `import { shareOf } from '${source}';`,
        `import * as shares from '${source}';`,
        `export { shareOf } from '${source}';`,
        `export * from '${source}';`,
      ]) {
        expect((await saidOf(file!, what)).join(), what).to.include('Shares are hashed by');
      }
      expect(await saidOf(file!, `import { isOlder } from '${source}';`)).to.deep.equal([]);
    }
    const allowed = "import { shareOf } from '../proof/shares';";
    expect(await saidOf('rounds/share-intake.ts', allowed)).to.deep.equal([]);
    expect(await saidOf('proof/verify.ts', "import { shareOf } from './shares';")).to.be.empty;
  });

  it('lets shares enter a round by the intake alone', async () => {
    for (const file of ['http/probe.ts', 'proof/verify.ts', 'rounds/round.ts']) {
      for (const code of ['round.admit(share);', 'this.round.enter(share);']) {
        expect((await saidOf(file, code)).join(), file).to.include('share-intake.ts alone');
      }
    }
    expect(await saidOf('rounds/round.ts', 'this.enter(share);')).to.deep.equal([]);
    expect(await saidOf('rounds/share-intake.ts', 'round.admit(share);')).to.deep.equal([]);
  });
});
