import { execFileSync, spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { eventually, until } from '../fixtures/until';
import { node18 } from '../fixtures/node18';
import { SUBMITTER, TASK_ID } from '../fixtures/standalone';
import { describeProcesses } from '../runner/describe-processes';
import { freePort } from '../sdk-stand-in/http';

const ROOT = path.join(__dirname, '../..');

describeProcesses('npm run serve as one file, alone, on Node 18', () => {
  let folder: string;
  let child: ChildProcess;
  beforeEach(() => (folder = mkdtempSync(path.join(os.tmpdir(), 'serve-'))));
  afterEach(async () => {
    const exit = once(child, 'exit');
    child.kill('SIGKILL');
    await exit;
    rmSync(folder, { recursive: true, force: true });
  });

  it("answers Orca's contract", async () => {
    const out = path.join(folder, 'alone');
    const webpack = require.resolve('webpack/bin/webpack.js');
    const options = ['--env', 'entry=./cli/serve.ts', '--env', `out=${out}`];
    execFileSync(process.execPath, [webpack, ...options], { cwd: ROOT, stdio: 'pipe' });
    expect(readdirSync(out)).to.deep.equal(['main.js']);
    const choosing = spawnSync(
      node18(),
      [path.join(out, 'main.js'), '--bitcoin-network', 'regtest'],
      { encoding: 'utf8' },
    );
    expect(choosing.stderr).to.match(/^error: unknown option '--bitcoin-network'/);
    const port = await freePort();
    child = spawn(node18(), [path.join(out, 'main.js')], {
      cwd: out,
      env: {
        TASK_ID,
        SUBMITTER_PUBLIC_KEY: SUBMITTER,
        STATE_DIR: path.join(folder, 'state'),
        API_HOST: '0.0.0.0',
        API_PORT: String(port),
        STRATUM_PORT: '0',
        MINING_THREADS: '1',
      },
      stdio: 'ignore',
    });
    const url = `http://127.0.0.1:${port}`;
    const post = async (route: string, body?: object): Promise<[number, unknown]> => {
      const response = await fetch(url + route, {
        method: 'POST',
        ...(body && {
          body: JSON.stringify(body),
          headers: { 'content-type': 'application/json' },
        }),
      });
      return [response.status, await response.json()];
    };
    await until(async () => {
      const answer = await post('/healthz').catch(() => undefined);
      return answer?.[0] === 200;
    });
    expect((await post('/task/0'))[0]).to.equal(202);
    const { proof } = await eventually(async () => {
      const response = await fetch(`${url}/submission/0`);
      return response.ok ? ((await response.json()) as { proof: string }) : undefined;
    });
    const submission = { proof, round_number: 0, submitter: SUBMITTER };
    expect(await post('/audit', { submission })).to.deep.equal([200, true]);
    const copied = { ...submission, submitter: TASK_ID };
    expect(await post('/audit', { submission: copied })).to.deep.equal([200, false]);
  });
});
