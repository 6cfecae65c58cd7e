import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { FileStore } from '../../cli/serve/file-store';
import { makeStateFolder, stateFault } from '../../cli/serve/state-folder';
import { freePorts } from '../../simulator';
import { ConfigError } from '../../src/settings/schema';
import { eventually, until } from '../fixtures/until';
import { startProgram, SUBMITTER, TASK_ID } from '../fixtures/standalone';
import { StratumClient } from '../fixtures/stratum-client';
import { describeProcesses } from '../runner/describe-processes';

describeProcesses('npm run serve', function () {
  this.timeout(60_000);
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(path.join(os.tmpdir(), 'serve-'))));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const options: [string[], RegExp][] = [
    [['--round', '60'], /^error: unknown option '--round'\n/],
    [['--rounds', '0'], /^error: option '--rounds <seconds>' .* from 1 to 86400\.\n$/],
    [['60'], /^error: too many arguments/],
    [
      ['--bitcoin-network', 'signet'],
      /^error: option '--bitcoin-network <name>' .* Expected one of main, testnet4, regtest\.\n$/,
    ],
  ];
  it('refuses options that it does not know or can not use', async () => {
    const env = { TASK_ID, SUBMITTER_PUBLIC_KEY: SUBMITTER, STATE_DIR: folder };
    await Promise.all(
      options.map(async ([args, message]) => {
        const child = startProgram('cli/serve.ts', args, env);
        expect((await once(child, 'exit'))[0]).to.equal(1);
        expect(child.output()).to.match(message);
      }),
    );
  });

  const wrong: [string, Record<string, string>, RegExp][] = [
    [
      'without an identity',
      {},
      /^TASK_ID: expected .*, such as US517G\w+ to try it, got nothing\nSUBMITTER_PUBLIC_KEY: expected .*\n$/,
    ],
    [
      'with a key that is none',
      { TASK_ID, SUBMITTER_PUBLIC_KEY: '0OIl' },
      /^SUBMITTER_PUBLIC_KEY: expected .*"0OIl"\n$/,
    ],
    [
      'with a variable of the task that is wrong',
      { TASK_ID, SUBMITTER_PUBLIC_KEY: SUBMITTER, API_PORT: 'x' },
      /^API_PORT: expected .*\n$/,
    ],
    [
      'with a state that can not be there',
      { TASK_ID, SUBMITTER_PUBLIC_KEY: SUBMITTER, STATE_DIR: __filename },
      /^STATE_DIR: expected a folder that this process can write to, got ".*" \(ENOTDIR: [^\n]*\)\n$/,
    ],
  ];
  for (const [what, env, message] of wrong) {
    it(`says what is wrong when it is started ${what}`, async () => {
      const child = startProgram('cli/serve.ts', [], { STATE_DIR: folder, ...env });
      expect((await once(child, 'exit'))[0]).to.equal(1);
      expect(child.output()).to.match(message);
    });
  }

  it('says how to start a round, where it and its Stratum listen, and what it mines with', async () => {
    const [port, stratumPort] = await freePorts(2);
    const child = startProgram('cli/serve.ts', [], {
      TASK_ID,
      SUBMITTER_PUBLIC_KEY: SUBMITTER,
      STATE_DIR: folder,
      API_HOST: '0.0.0.0',
      API_PORT: String(port),
      STRATUM_PORT: String(stratumPort),
      MINING_THREADS: '1',
      MINING_BACKEND: 'js',
    });
    let miner: StratumClient | undefined;
    try {
      const start = await eventually(
        () => /no round runs.*: curl -X POST (\S+) /.exec(child.output()) ?? undefined,
      );
      expect(start[1]).to.equal(`http://127.0.0.1:${port}/task/0`);
      expect(child.output()).to.include(
        `Stratum miners connect to stratum+tcp://127.0.0.1:${stratumPort}\n`,
      );
      miner = await StratumClient.mining(stratumPort!, 'rig1');
      expect(miner.extranonce1).to.match(/^[0-9a-f]{2}$/);
      expect((await fetch(start[1]!, { method: 'POST' })).status).to.equal(202);
      await until(() => child.output().includes('mining with 1 thread on js'));
      expect(await miner.job()).to.have.property('isClean', true);
    } finally {
      miner?.close();
      child.kill('SIGKILL');
    }
  });

  describe('the folder of its state', () => {
    it('is made, with those above it, and left as it was found', async () => {
      const directory = path.join(folder, 'a/b/c');
      for (const times of [1, 2]) {
        await makeStateFolder(directory);
        expect(readdirSync(directory), `${times}`).to.deep.equal([]);
      }
    });

    it('is refused where there is a file, or nothing can be made', async () => {
      const file = path.join(folder, 'file');
      writeFileSync(file, '');
      const fault = (directory: string): Promise<unknown> =>
        makeStateFolder(directory).catch((error: unknown) => error);
      expect(await fault(file)).to.have.property('code', 'EEXIST');
      expect(await fault(path.join(file, 'a'))).to.have.property('code', 'ENOTDIR');
      // Here Node's own mkdir with `recursive` never returns.
      if (process.platform === 'linux') {
        expect(await fault('/proc/orca/state')).to.have.property('code', 'ENOENT');
      }
      expect(stateFault(file, await fault(file))).to.be.instanceOf(ConfigError);
    });
  });

  describe('its store', () => {
    it('gives back what was set last, under keys of any kind', async () => {
      const store = await FileStore.open(path.join(folder, 'a/b'));
      expect(await store.get('round:1')).to.equal(null);
      await Promise.all(Array.from({ length: 50 }, (_, i) => store.set('round:1', `value ${i}`)));
      await store.set('../round', 'x');
      await store.set('.lock', 'not the file of this name');
      expect(readdirSync(path.join(folder, 'a/b')).filter((name) => name.startsWith('.'))).to.be
        .empty;
      expect(await store.get('round:1')).to.equal('value 49');
      const reopened = await FileStore.open(path.join(folder, 'a/b'));
      expect(await reopened.get('../round')).to.equal('x');
      expect(readdirSync(folder)).to.deep.equal(['a']);
    });

    it('tells of a write that failed, and works again when the fault is gone', async () => {
      const directory = path.join(folder, 'gone');
      const store = await FileStore.open(directory);
      rmSync(directory, { recursive: true });
      writeFileSync(directory, 'in its place');
      const failure = await store.set('a', '1').catch((error: unknown) => error);
      expect(failure).to.have.property('code', 'ENOTDIR');
      unlinkSync(directory);
      await store.set('a', '2');
      expect(await store.get('a')).to.equal('2');
    });
  });
});
