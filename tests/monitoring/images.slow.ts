import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { freePorts } from '../../simulator';
import { eventually } from '../fixtures/until';
import { bundlesOf, instructionsOf, readStages, textsOf } from './dockerfile';
import { readYaml, ROOT } from './files';

/**
 * Follows the Dockerfile without Docker: makes the bundles, copies them to an empty folder, starts them there, asks for
 * health.
 */
describe('the images of monitoring/Dockerfile', function () {
  this.timeout(120_000);
  const stages = readStages();
  let directory: string;
  let child: ChildProcess | undefined;

  before(() => {
    directory = mkdtempSync(path.join(os.tmpdir(), 'images-'));
    for (const { entry, folder } of bundlesOf(stages)) {
      const out = path.join(directory, 'build', folder);
      const args = ['webpack', '--env', `entry=${entry}`, '--env', `out=${out}`];
      const { status, stdout, stderr } = spawnSync('npx', args, { cwd: ROOT, encoding: 'utf8' });
      expect(status, stdout + stderr).to.equal(0);
    }
  });

  afterEach(() => child?.kill('SIGKILL'));
  after(() => rmSync(directory, { recursive: true, force: true }));

  /** Starts an image's process on loopback. */
  async function start(target: string, args: string[], env: Record<string, string>) {
    const app = path.join(directory, target);
    const instructions = instructionsOf(stages, target);
    for (const text of textsOf(instructions, 'COPY')) {
      const [, source, destination] = /^--from=build \/build\/(\S+) (\S+)$/.exec(text)!;
      const made = path.join(directory, 'build', source!);
      const to = path.join(app, destination === './' ? source! : destination!);
      mkdirSync(path.dirname(to), { recursive: true });
      cpSync(existsSync(made) ? made : path.join(ROOT, source!), to);
    }
    const [port, stratumPort] = await freePorts(2);
    const command = (keyword: string): string[] =>
      textsOf(instructions, keyword).flatMap(
        (text) =>
          JSON.parse(
            text
              .replace(/^[^[]*/, '')
              .replaceAll('8080', String(port))
              .replaceAll('3333', String(stratumPort)),
          ) as string[],
      );
    const [program, ...rest] = [
      ...command('ENTRYPOINT'),
      ...(args.length > 0 ? args : command('CMD')),
    ];
    expect(program).to.equal('node');
    const started = spawn(process.execPath, rest, {
      cwd: app,
      env: {
        PATH: process.env['PATH'],
        API_HOST: '127.0.0.1',
        API_PORT: String(port),
        STRATUM_PORT: String(stratumPort),
        ...env,
      },
      stdio: 'ignore',
    });
    child = started;
    const ended = new Promise<number | null>((resolve) => started.once('exit', resolve));
    const [, ...check] = command('HEALTHCHECK');
    await Promise.race([
      eventually(() => spawnSync(process.execPath, check).status === 0),
      ended.then((code) => Promise.reject(new Error(`ended with ${code}`))),
    ]);
    return {
      url: `http://127.0.0.1:${port}`,
      stop: () => {
        started.kill('SIGTERM');
        return ended;
      },
    };
  }

  it('network: simulates with the command of docker-compose.yml, its nodes serve metrics, and it stops', async () => {
    const { services } = readYaml<{ services: { network: { command: string[] } } }>(
      'monitoring/docker-compose.yml',
    );
    const { url, stop } = await start('network', services.network.command, {});
    await eventually(async () => {
      const metrics = await (await fetch(`${url}/metrics`)).text();
      return /^orca_mining 1$/m.test(metrics) || undefined;
    });
    expect(await stop()).to.equal(0);
  });

  it('task: answers the contract of an Orca container, and stops', async () => {
    const { url, stop } = await start('task', [], {
      TASK_ID: '1'.repeat(32),
      SUBMITTER_PUBLIC_KEY: `${'1'.repeat(31)}2`,
      STATE_DIR: path.join(directory, 'state'),
      MINING_THREADS: '1',
    });
    const post = (route: string) => fetch(`${url}${route}`, { method: 'POST' });
    expect(await post('/healthz')).to.have.property('status', 200);
    expect(await post('/task/0')).to.have.property('status', 202);
    const proof = await eventually(async () => {
      const response = await fetch(`${url}/submission/0`);
      return response.ok ? ((await response.json()) as { proof: string }) : undefined;
    });
    expect(proof.proof).to.be.a('string');
    expect(await stop()).to.equal(0);
  });
});
