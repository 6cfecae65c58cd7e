import { expect } from 'chai';
import type { SettingsAnswer } from '../../src/http/routes/settings';
import { SETTING_NAMES } from '../../src/settings/schema';
import { serveDashboard, TOKEN, type Served } from '../dashboard/served';
import { expectDocumented } from '../fixtures/openapi';
import { send } from '../fixtures/send';

type Headers = Record<string, string | undefined>;

describe('GET and PUT /settings', () => {
  let served: Served;
  before(async () => (served = await serveDashboard()));
  after(() => served.close());

  /** A request as a program on this machine sends it, with changes; undefined leaves a header out. */
  async function ask(method: string, body?: unknown, changed: Headers = {}) {
    const headers: Headers = {
      host: `127.0.0.1:${served.port}`,
      authorization: `Bearer ${TOKEN}`,
      'x-orca-control': '1',
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...changed,
    };
    const present = Object.entries(headers).filter(([, value]) => value !== undefined);
    const answer = await send(served.port, {
      method,
      path: '/settings',
      headers: Object.fromEntries(present),
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const json = JSON.parse(answer.text) as SettingsAnswer;
    const described = {
      status: answer.status,
      headers: new Headers(answer.headers as Record<string, string>),
      body: json,
    };
    expectDocumented(method, '/settings', described);
    return { status: answer.status, json, error: json as unknown as ErrorAnswer };
  }

  interface ErrorAnswer {
    message: string;
    issues?: { path: string; message: string }[];
  }

  const valueOf = ({ settings }: SettingsAnswer, name: string) =>
    settings.find((setting) => setting.name === name)!.value;

  it('tell all settings, and whose choice each is', async () => {
    const { status, json } = await ask('GET');
    expect(status).to.equal(200);
    expect(json.settings.map(({ name }) => name)).to.deep.equal(SETTING_NAMES);
    const from = Object.fromEntries(json.settings.map((setting) => [setting.name, setting.from]));
    expect(from).to.include({ MINING_THREADS: 'environment', MINING_SECONDS: 'default' });
    expect(json.restart).to.deep.equal({ needed: false, offered: false });
  });

  it('change what is named, and answer how all stands then', async () => {
    const { status, json } = await ask('PUT', {
      MINING_INTENSITY: '50 %',
      MINING_SCHEDULE: '22-7',
      API_PORT: 9000,
    });
    expect(status).to.equal(200);
    expect(valueOf(json, 'MINING_INTENSITY')).to.equal('50');
    expect(served.node.governor.intensity).to.equal(50);
    expect(json.restart.needed).to.equal(true);
    const again = await ask('PUT', { MINING_SCHEDULE: null, API_PORT: 'default' });
    expect(valueOf(again.json, 'MINING_SCHEDULE')).to.equal('');
    expect(again.json.restart.needed).to.equal(false);
    expect(valueOf(again.json, 'MINING_INTENSITY')).to.equal('50');
  });

  it('act on what mines: hours at once, the log too', async () => {
    const minute = (at: number) => new Date(at).toTimeString().slice(0, 5);
    const hours = `${minute(Date.now() + 3_600_000)}-${minute(Date.now() + 7_200_000)}`;
    await ask('PUT', { MINING_SCHEDULE: hours });
    expect(served.node.governor.state).to.equal('outside the schedule');
    await ask('PUT', { MINING_SCHEDULE: null });
    expect(served.node.governor.state).to.equal('mining');
  });

  it('refuse what can not be used, each in its place, and change nothing', async () => {
    const before = await ask('GET');
    const { status, error } = await ask('PUT', {
      MINING_INTENSITY: 0,
      API_PORT: 'x',
      LOG_LEVEL: 'warn',
      API_HOST: '192.168.1.5',
    });
    expect(status).to.equal(400);
    expect(error.issues!.slice(0, 2)).to.deep.equal([
      { path: 'MINING_INTENSITY', message: 'expected a whole number from 1 to 100, got 0' },
      { path: 'API_PORT', message: 'expected a whole number from 1 to 65535, got "x"' },
    ]);
    expect(error.issues!.map(({ path }) => path)[2]).to.equal('API_HOST');
    expect((await ask('GET')).json).to.deep.equal(before.json);
  });

  it('refuse to change what the environment sets', async () => {
    const { status, error } = await ask('PUT', { MINING_THREADS: 2, LOG_LEVEL: 'warn' });
    expect(status).to.equal(409);
    expect(error.issues!.map(({ path }) => path)).to.include('MINING_THREADS');
  });

  it('refuse an address at which their owner could not undo it', async () => {
    for (const host of ['192.168.1.5', 'mine.example', '::2']) {
      const { status, error } = await ask('PUT', { API_HOST: host });
      expect(status, host).to.equal(400);
      expect(error.issues![0]).to.include({ path: 'API_HOST' });
    }
    for (const host of ['0.0.0.0', '::', 'localhost', '::1', '127.0.0.1', null]) {
      expect((await ask('PUT', { API_HOST: host })).status, String(host)).to.equal(200);
    }
  });

  const bodies: [string, unknown, number][] = [
    ['no object', [1], 400],
    ['a list of values', { MINING_INTENSITY: [50] }, 400],
    ['a name that is none', { COLOUR: 'blue' }, 400],
    ['consensus', { FLOOR: '1' }, 400],
    ['no JSON', '{', 400],
    ['too much', { MINING_SCHEDULE: 'x'.repeat(20_000) }, 413],
  ];
  for (const [what, body, expected] of bodies) {
    it(`refuse ${what} by ${expected}`, async () => {
      expect((await ask('PUT', body)).status).to.equal(expected);
    });
  }

  const strangers: [string, Headers][] = [
    ['who has no token', { authorization: undefined }],
    ['who has another', { authorization: `Bearer ${'0'.repeat(32)}` }],
    ['a page of another site', { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' }],
    ['a page of another port', { origin: 'http://127.0.0.1:1', 'sec-fetch-site': 'same-site' }],
    ['a form, which can set no header', { 'x-orca-control': undefined }],
    ['a link from elsewhere', { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' }],
    ['a name that was made to point here', { host: 'evil.example' }],
    ['what a proxy passes on', { 'x-forwarded-for': '203.0.113.5' }],
  ];
  for (const [who, headers] of strangers) {
    it(`refuse ${who}, and tell nothing`, async () => {
      for (const [method, body] of [
        ['GET', undefined],
        ['PUT', { LOG_LEVEL: 'trace' }],
      ] as const) {
        const { status, json } = await ask(method, body, headers);
        expect(status, method).to.equal(403);
        expect(json).to.not.have.property('settings');
      }
    });
  }

  it('say what is allowed to any other method', async () => {
    expect((await ask('DELETE')).status).to.equal(405);
  });
});
