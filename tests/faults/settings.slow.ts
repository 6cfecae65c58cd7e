import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { CONTROL_TOKEN_FILE } from '../../src/http/control-token';
import type { SettingsAnswer } from '../../src/http/routes/settings';
import { SETTINGS_FILE } from '../../src/settings/stored-settings';
import { LoneTask } from '../fixtures/lone-task';
import { eventually } from '../fixtures/until';
import { restNow } from '../fixtures/standalone';
import { describeProcesses } from '../runner/describe-processes';

describeProcesses('settings of a running task', function () {
  this.timeout(90_000);
  let task: LoneTask;
  beforeEach(() => (task = new LoneTask()));
  afterEach(() => task.dispose());

  /** Sets nothing but a port that no other test uses. */
  const start = () => task.start(undefined, { MINING_THREADS: '' });
  const file = () => `${task.storePath}${SETTINGS_FILE}`;

  async function ask(route: string, init: RequestInit = {}): Promise<Response> {
    const token = readFileSync(`${task.storePath}${CONTROL_TOKEN_FILE}`, 'utf8').trim();
    return fetch(`http://127.0.0.1:${task.apiPort}${route}`, {
      ...init,
      headers: {
        authorization: `Bearer ${token}`,
        'x-orca-control': '1',
        'content-type': 'application/json',
      },
    });
  }
  const put = (settings: object) =>
    ask('/settings', { method: 'PUT', body: JSON.stringify(settings) });
  const up = () => eventually(() => task.get('/healthz'));
  const settings = async () => (await (await ask('/settings')).json()) as SettingsAnswer;
  const valuesOf = ({ settings: all }: SettingsAnswer) =>
    Object.fromEntries(all.map(({ name, value }) => [name, value]));

  it('are kept over kill -9, and act when they say', async () => {
    await start();
    task.send('executeTask', 10);
    await task.hasShares(10);
    const chosen = { MINING_THREADS: '2', MINING_INTENSITY: '37', MINING_SECONDS: '600' };
    expect((await put({ ...chosen, LOG_LEVEL: 'debug' })).status).to.equal(200);
    task.kill('SIGKILL');
    await task.exit;
    expect(JSON.parse(readFileSync(file(), 'utf8'))).to.include(chosen);
    await start();
    await up();
    expect(valuesOf(await settings())).to.include(chosen);
    await task.logged(/ready to mine with 2 threads/);
    // The added threads come with the next round, not sooner.
    await put({ MINING_THREADS: '3' });
    task.chain.round = 11;
    task.send('executeTask', 11);
    await task.logged('mining with 3 threads');
    await task.hasShares(11);
    expect((await put({ MINING_SCHEDULE: restNow() })).status).to.equal(200);
    await eventually(async () => (await task.metric('orca_mining')) === 0);
  });

  it('act after a restart that the owner asks for: it ends with 0, and all is saved', async () => {
    await start();
    task.send('executeTask', 10);
    await task.hasShares(10);
    expect((await put({ API_ALLOWED_HOSTS: 'mine.example' })).status).to.equal(200);
    expect((await settings()).restart).to.deep.equal({ needed: true, offered: true });
    const order = { method: 'POST', body: '{"action":"restart"}' };
    expect((await ask('/dashboard/control', order)).status).to.equal(200);
    expect(await task.exit).to.deep.equal({ code: 0, signal: null });
    await start();
    await task.hasShares(10);
    expect((await settings()).restart.needed).to.equal(false);
    expect(valuesOf(await settings())).to.include({ API_ALLOWED_HOSTS: 'mine.example' });
  });

  const spoilt: [string, string | Buffer][] = [
    ['garbage', Buffer.from([0, 1, 254, 255, 10, 123])],
    ['the first half of itself', '{\n  "MINING_THREADS": "2",\n  "MINING_INT'],
    ['a value that an older version had', '{"MINING_THREADS": "2", "MINING_BACKEND": "wasm32"}'],
  ];
  for (const [what, content] of spoilt) {
    it(`of which the file holds ${what} never end it: it says so, and mines`, async () => {
      mkdirSync(path.dirname(file()), { recursive: true });
      writeFileSync(`${file()}.last-good`, '{"MINING_THREADS":"2","MINING_BACKEND":"js"}');
      writeFileSync(file(), content);
      await start();
      task.send('executeTask', 10);
      await task.hasShares(10);
      await task.logged(/what is stored can't be (used|read)/);
      const now = await settings();
      expect(valuesOf(now)).to.include({ MINING_THREADS: '2', MINING_BACKEND: 'js' });
      const problems = [now.problem, ...now.settings.map(({ problem }) => problem)];
      expect(problems.filter(Boolean)).to.have.length(1);
    });
  }

  it('are not to be had through the tunnel', async () => {
    await start();
    await up();
    const token = readFileSync(`${task.storePath}${CONTROL_TOKEN_FILE}`, 'utf8').trim();
    const headers = { authorization: `Bearer ${token}`, 'x-orca-control': '1' };
    const through = `http://127.0.0.1:${task.publicPort}/settings`;
    expect((await fetch(through, { headers })).status).to.equal(404);
    const body = '{"LOG_LEVEL":"trace"}';
    const { status } = await fetch(through, { method: 'PUT', headers, body });
    expect(status).to.be.oneOf([404, 405, 413]);
    expect(valuesOf(await settings())).to.include({ LOG_LEVEL: 'info' });
  });
});
