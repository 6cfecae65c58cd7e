import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { FileStore } from '../../cli/serve/file-store';
import { startProgram, SUBMITTER, TASK_ID } from '../fixtures/standalone';
import { describeProcesses } from '../runner/describe-processes';

describeProcesses('npm run serve', function () {
  this.timeout(60_000);
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(path.join(os.tmpdir(), 'serve-'))));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const wrong: [string, Record<string, string>, RegExp][] = [
    ['without an identity', {}, /^TASK_ID: expected .*\nSUBMITTER_PUBLIC_KEY: expected .*\n$/],
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
  ];
  for (const [what, env, message] of wrong) {
    it(`says what is wrong when it is started ${what}`, async () => {
      const child = startProgram('cli/serve.ts', [], { ...env, STATE_DIR: folder });
      expect((await once(child, 'exit'))[0]).to.equal(1);
      expect(child.output()).to.match(message);
    });
  }

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
