import { mkdirSync, utimesSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { expect } from 'chai';
import { defaultNodeDirectory, NodeDirectory } from '../../../cli/rehearse/node-directory';
import {
  accountData,
  askMinimumStake,
  minimumStakeIn,
  programIn,
} from '../../../cli/rehearse/task-account';
import { FakeDesktopNode, LAYOUTS, PROGRAM, SANDBOX } from '../../fixtures/fake-desktop-node';

const OTHER = '9ia1hJBGQzT5UaTHAPTUPXbWGuWnvVmXcDE1ys4Vm4fP';

describe('the directory of a desktop node', () => {
  let node: FakeDesktopNode;
  beforeEach(() => (node = new FakeDesktopNode()));
  afterEach(() => node.dispose());

  const addTask = (id: string, agoMs: number) => {
    const directory = path.join(node.directory, 'namespace', id);
    mkdirSync(directory, { recursive: true });
    writeFileSync(path.join(directory, 'task.log'), '');
    const at = new Date(Date.now() - agoMs);
    utimesSync(path.join(directory, 'task.log'), at, at);
  };

  it('is where each platform keeps it', () => {
    expect(defaultNodeDirectory('linux', {}, '/home/ann')).to.equal(
      `/home/ann/${LAYOUTS.linux.join('/')}`,
    );
    expect(defaultNodeDirectory('linux', { XDG_CONFIG_HOME: '/conf' }, '/home/ann')).to.equal(
      '/conf/KOII-Desktop-Node',
    );
    expect(defaultNodeDirectory('darwin', {}, '/Users/ann')).to.equal(
      `/Users/ann/${LAYOUTS.darwin.join('/')}`,
    );
    expect(defaultNodeDirectory('win32', {}, 'C:\\Users\\ann')).to.equal(
      `C:\\Users\\ann\\${LAYOUTS.win32.join('\\')}`,
    );
    expect(defaultNodeDirectory('win32', { APPDATA: 'D:\\Data' }, 'C:\\Users\\ann')).to.equal(
      'D:\\Data\\KOII-Desktop-Node',
    );
  });

  it('names the only task, or the only one that runs', () => {
    const directory = new NodeDirectory(node.directory);
    expect(directory.taskOf(undefined).id).to.equal(SANDBOX);
    addTask(OTHER, 3_600_000);
    expect(directory.taskOf(undefined).id).to.equal(SANDBOX);
    expect(directory.taskOf(OTHER).log).to.equal(
      path.join(node.directory, 'namespace', OTHER, 'task.log'),
    );
  });

  it('does not guess: it lists the tasks', () => {
    addTask(OTHER, 0);
    const directory = new NodeDirectory(node.directory);
    for (const named of [undefined, PROGRAM]) {
      expect(() => directory.taskOf(named)).to.throw(new RegExp(`${SANDBOX}|${OTHER}`));
    }
    expect(() => new NodeDirectory(path.join(node.home, 'nothing'))).to.throw('no desktop node');
    expect(() => new NodeDirectory(node.home)).to.throw('no executables/');
  });

  it('has bundles by their CIDs, and no way out of the folder', () => {
    const directory = new NodeDirectory(node.directory);
    expect(directory.programs()).to.deep.equal([PROGRAM]);
    expect(directory.executableOf(PROGRAM)).to.equal(node.executable);
    for (const name of [`../executables/${PROGRAM}`, `${PROGRAM}x`, '']) {
      expect(() => directory.executableOf(name), name).to.throw('start the sandbox task once');
    }
  });

  it("leaves it to the chain which bundle is the task's", () => {
    const json = JSON.stringify({ task_audit_program: PROGRAM, minimum_stake_amount: 1900000000 });
    const binary = Buffer.concat([
      Buffer.from([0, 255, 59, 0]),
      Buffer.from(PROGRAM),
      Buffer.alloc(9),
    ]);
    expect(programIn(Buffer.from(json), ['another-program', PROGRAM])).to.equal(PROGRAM);
    expect(programIn(binary, ['another-program', PROGRAM])).to.equal(PROGRAM);
    expect(programIn(binary, ['another-program'])).to.equal(undefined);
    expect(minimumStakeIn(Buffer.from(json))).to.equal(1900000000n);
    expect(minimumStakeIn(binary)).to.equal(undefined);
  });

  it('asks the chain for the account, and says what is wrong with an answer', async () => {
    const asked: string[] = [];
    let answer: unknown;
    const server = createServer((request, response) => {
      request.on('data', (chunk: Buffer) => asked.push(chunk.toString()));
      request.on('end', () => response.end(JSON.stringify(answer)));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    try {
      const data = Buffer.from(PROGRAM).toString('base64');
      answer = { result: { value: { data: [data, 'base64'] } } };
      expect((await accountData(url, SANDBOX)).toString()).to.equal(PROGRAM);
      expect(asked.join('')).to.include('"getAccountInfo"').and.to.include(SANDBOX);
      for (answer of [{}, { result: { value: null } }, { error: 'no' }]) {
        const error = await accountData(url, SANDBOX).catch((reason: unknown) => reason);
        expect(error).to.have.property('message', 'it knows no such account');
      }
    } finally {
      server.close();
      server.closeAllConnections();
    }
  });

  it('takes no endless answer', async () => {
    const server = createServer((_request, response) => {
      const more = (): void => {
        while (response.write(Buffer.alloc(2 ** 20, 32)));
      };
      response.on('drain', more);
      more();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    try {
      const error = await accountData(url, SANDBOX).catch((reason: unknown) => reason);
      expect(error).to.have.property('message', 'its answer is too long');
    } finally {
      server.close();
      server.closeAllConnections();
    }
  });

  it("does without the task's least stake where the chain does not answer in time", async () => {
    const server = createServer((request) => request.resume());
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    try {
      expect(await askMinimumStake(url, SANDBOX, 50)).to.equal(undefined);
    } finally {
      server.close();
      server.closeAllConnections();
    }
    expect(await askMinimumStake(url, SANDBOX), 'nobody there').to.equal(undefined);
  });
});
