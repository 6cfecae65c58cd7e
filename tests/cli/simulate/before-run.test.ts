import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import {
  requireReadable,
  requireWritable,
  successivePorts,
} from '../../../cli/simulate/before-run';

describe('what is tried before a run', () => {
  let directory: string;

  beforeEach(() => {
    directory = mkdtempSync(path.join(os.tmpdir(), 'before-run-'));
  });

  afterEach(() => rmSync(directory, { recursive: true }));

  it('is whether a file can be written, which leaves it as it was', () => {
    const [missing, there] = [path.join(directory, 'new'), path.join(directory, 'old')];
    writeFileSync(there, 'kept');
    requireWritable('--json', missing);
    requireWritable('--json', there);
    expect(existsSync(missing)).to.equal(false);
    expect(readFileSync(there, 'utf8')).to.equal('kept');
    if (process.platform !== 'win32') requireWritable('--json', '/dev/null');
  });

  it('names option, path and reason where it cannot', () => {
    const file = path.join(directory, 'file');
    writeFileSync(file, '');
    const inFile = path.join(file, 'x.json');
    const nowhere = path.join(directory, 'no', 'x.json');
    expect(() => requireWritable('--json', nowhere)).to.throw(
      `--json ${nowhere} can't be written: there is no directory ${path.dirname(nowhere)}`,
    );
    expect(() => requireWritable('--report', directory)).to.throw(
      `--report ${directory} can't be written: it is a directory`,
    );
    expect(() => requireWritable('--report', inFile)).to.throw(
      /^--report .*x\.json can't be written: (a part of the path is a file|there is no)/,
    );
    expect(() => requireReadable('--task', nowhere)).to.throw(
      `--task ${nowhere} can't be read: there is no such file or directory (ENOENT)`,
    );
    expect(() => requireReadable('--task', directory)).to.throw("can't be read: it is a directory");
  });

  it('is each port of the nodes', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    try {
      const first = port - 1;
      const error = await errorOf(
        successivePorts('--api-port', first, ['node-1', 'node-2'], '127.0.0.1'),
      );
      expect(error).to.equal(
        `--api-port ${first}: port ${port} of 127.0.0.1, for node-2, can't be had: another program listens there (EADDRINUSE)`,
      );
    } finally {
      server.close();
      await once(server, 'close');
    }
    expect(await successivePorts('--api-port', port, ['node-1'], '127.0.0.1')).to.deep.equal([
      port,
    ]);
  });

  it('is the host that they listen on', async () => {
    // Reserved for documentation (RFC 5737): no machine has it.
    const error = await errorOf(successivePorts('--api-port', 18_000, ['node-1'], '203.0.113.1'));
    expect(error).to.match(
      /port 18000 of 203\.0\.113\.1, for node-1, can't be had: .*EADDRNOTAVAIL/,
    );
  });
});

async function errorOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error('nothing was wrong');
}
