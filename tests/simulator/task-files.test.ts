import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import { join } from 'node:path';

import { expect } from 'chai';

import { callFs } from '../../simulator/task-files';

describe("a task's files", () => {
  let outside: string;
  let directory: string;

  beforeEach(() => {
    outside = mkdtempSync(join(os.tmpdir(), 'task-files-'));
    directory = join(outside, 'task');
    mkdirSync(directory);
    writeFileSync(join(outside, 'secret'), 'secret');
  });

  afterEach(() => rmSync(outside, { recursive: true }));

  it('are written and read below its directory, by relative and absolute path', async () => {
    await callFs(directory, 'mkdir', 'a/b', { recursive: true });
    await callFs(directory, 'writeFile', 'a/b/c', 'text');
    await callFs(directory, 'rename', 'a/b/c', join(directory, 'd'));
    expect(await callFs(directory, 'readFile', 'd', 'utf8')).to.equal('text');
    expect(readFileSync(join(directory, 'd'), 'utf8')).to.equal('text');
    expect(await callFs(directory, 'readdir', '.')).to.deep.equal(['a', 'd']);
  });

  async function expectRefused(...args: unknown[]): Promise<void> {
    const outcome = await callFs(directory, String(args[0]), ...args.slice(1)).then(
      () => 'done',
      (error: Error) => error.message,
    );
    expect(outcome).to.match(/outside the task's directory|not available|expected a path|expects/);
    expect(readFileSync(join(outside, 'secret'), 'utf8')).to.equal('secret');
  }

  it('are nowhere else', async () => {
    symlinkSync(outside, join(directory, 'link'));
    symlinkSync(join(outside, 'secret'), join(directory, 'file-link'));
    await callFs(directory, 'writeFile', 'mine', '');
    await expectRefused('readFile', '../secret');
    await expectRefused('readFile', join(outside, 'secret'));
    await expectRefused('readFile', 'link/secret');
    await expectRefused('writeFile', 'link/new', 'x');
    await expectRefused('writeFile', 'file-link', 'x');
    await expectRefused('rename', 'mine', '../secret');
    await expectRefused('copyFile', '../secret', 'copy');
    await expectRefused('readdir', `${directory}-2/..`);
  });

  it('are reached by file methods alone', async () => {
    await expectRefused('symlink', outside, 'link');
    await expectRefused('open', 'file');
    await expectRefused('constructor', 'file');
    await expectRefused('readFile', 7);
    await expectRefused('rename', 'only-one');
  });
});
