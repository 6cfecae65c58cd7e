import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import fc from 'fast-check';
import { z } from 'zod';
import {
  ConfigError,
  readSetting,
  SETTING_NAMES,
  SETTINGS,
  type Setting,
  type SettingName,
  type Table,
} from '../../src/settings/schema';
import { Settings, SettingsNotKept, SettingsRefused } from '../../src/settings/settings';

describe('Settings', () => {
  let directory: string;
  let file: string;
  const told: string[] = [];
  const log = {
    info: (...of: unknown[]) => void told.push(String(of.at(-1))),
    warn: (...of: unknown[]) => void told.push(`warn: ${String(of.at(-1))}`),
  };
  beforeEach(() => {
    directory = mkdtempSync(path.join(os.tmpdir(), 'settings-'));
    file = path.join(directory, 'store.settings');
    told.length = 0;
  });
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  const open = (env = {}, table?: Table) => Settings.open(env, file, log, table);
  const stored = (name = file) => JSON.parse(readFileSync(name, 'utf8')) as unknown;
  const store = (content: unknown) =>
    writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
  const stateOf = (settings: Settings, name: string) =>
    settings.list().find((setting) => setting.name === name)!;

  async function refusal(changing: Promise<unknown>): Promise<SettingsRefused> {
    const error = await changing.then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error).to.be.instanceOf(SettingsRefused);
    return error as SettingsRefused;
  }

  it('are the defaults where nobody chose anything, and nothing is written then', async () => {
    const settings = await open();
    expect(settings.list().map(({ name }) => name)).to.deep.equal(SETTING_NAMES);
    for (const state of settings.list()) {
      expect(state).to.include({ from: 'default', value: state.default, isSet: false });
      expect(state).to.include({ needsRestart: false, problem: null });
    }
    expect(settings.problem).to.equal(null);
    expect(told).to.deep.equal([]);
    expect(() => statSync(file)).to.throw('ENOENT');
  });

  it('are kept, and found again by the next process', async () => {
    const first = await open();
    await first.change({ MINING_THREADS: 3, MINING_SCHEDULE: '22-7', LOG_LEVEL: 'WARN' });
    const second = await open();
    expect(second.current).to.include({ MINING_THREADS: 3, LOG_LEVEL: 'warn' });
    expect(String(second.current.MINING_SCHEDULE)).to.equal('22:00-07:00');
    expect(stateOf(second, 'MINING_THREADS')).to.include({ from: 'page', value: '3', isSet: true });
    expect(stored()).to.deep.equal({
      MINING_THREADS: '3',
      MINING_SCHEDULE: '22:00-07:00',
      LOG_LEVEL: 'warn',
    });
  });

  it('are for their user alone', async function () {
    if (process.platform === 'win32') return this.skip();
    await (await open()).change({ MINING_THREADS: 3 });
    for (const name of [file, `${file}.last-good`]) {
      expect(statSync(name).mode & 0o777, name).to.equal(0o600);
    }
  });

  for (const nothing of [null, '', '  ', 'none', 'Default']) {
    it(`go back to the default by ${JSON.stringify(nothing)}`, async () => {
      store({ MINING_THREADS: '3', MINING_INTENSITY: '50' });
      const settings = await open();
      await settings.change({ MINING_THREADS: nothing });
      expect(settings.current).to.include({ MINING_THREADS: 0, MINING_INTENSITY: 50 });
      expect(stored()).to.deep.equal({ MINING_INTENSITY: '50' });
    });
  }

  it('are what the environment says, which the page can not change', async () => {
    store({ MINING_THREADS: '3', API_PORT: '9000' });
    const settings = await open({ MINING_THREADS: '2', API_PORT: 'none' });
    expect(settings.current).to.include({ MINING_THREADS: 2, API_PORT: 9000 });
    expect(stateOf(settings, 'MINING_THREADS')).to.include({ from: 'environment', value: '2' });
    const change = settings.change({ MINING_THREADS: '4', LOG_LEVEL: 'warn' });
    const { issues, areFixed } = await refusal(change);
    expect(issues.map(({ path: name }) => name)).to.deep.equal(['MINING_THREADS']);
    expect(areFixed).to.equal(true);
    expect(settings.current).to.include({ MINING_THREADS: 2, LOG_LEVEL: 'info' });
    // Without the variable the page's choice applies again.
    expect((await open()).current.MINING_THREADS).to.equal(3);
  });

  it('end the start by a bad value of the environment', async () => {
    const error: unknown = await open({ MINING_THREADS: 'x' }).catch((reason: unknown) => reason);
    expect(error).to.be.instanceOf(ConfigError);
  });

  it('are refused all together where one is bad, each with what was expected', async () => {
    const settings = await open();
    const change = settings.change({
      MINING_THREADS: '2',
      MINING_INTENSITY: '101',
      MINING_SCHEDULE: 'nights',
      K: '1',
      __proto__x: 2,
      LOG_LEVEL: true,
    });
    const { issues, areFixed } = await refusal(change);
    const messages = Object.fromEntries(issues.map(({ path: name, message }) => [name, message]));
    expect(areFixed).to.equal(false);
    expect(Object.keys(messages)).to.have.members(
      'MINING_INTENSITY MINING_SCHEDULE K __proto__x LOG_LEVEL'.split(' '),
    );
    expect(messages['MINING_INTENSITY']).to.equal(
      'expected a whole number from 1 to 100, got "101"',
    );
    expect(messages['K']).to.match(/^expected one of MINING_THREADS, /);
    expect(settings.current.MINING_THREADS).to.equal(0);
    expect(() => statSync(file)).to.throw('ENOENT');
  });

  for (const name of ['__proto__', 'constructor', 'toString']) {
    it(`know no ${name}`, async () => {
      const changes = JSON.parse(`{"${name}":"1"}`) as Record<string, unknown>;
      expect((await refusal((await open()).change(changes))).issues).to.have.length(1);
      store(`{"${name}": "1", "MINING_THREADS": "3"}`);
      expect((await open()).current.MINING_THREADS).to.equal(3);
    });
  }

  it('act at once, with the next round or after a restart, as they say', async () => {
    const settings = await open();
    const seen: unknown[] = [];
    settings.onChange(({ MINING_INTENSITY, API_PORT }) => seen.push([MINING_INTENSITY, API_PORT]));
    await settings.change({ MINING_INTENSITY: '40', API_PORT: '9001' });
    expect(seen).to.deep.equal([[40, 8080]]);
    expect(settings.needsRestart).to.equal(true);
    expect(stateOf(settings, 'API_PORT')).to.include({ value: '9001', needsRestart: true });
    expect(stateOf(settings, 'MINING_INTENSITY').needsRestart).to.equal(false);
    await settings.change({ API_PORT: '8080' });
    expect(settings.needsRestart).to.equal(false);
    expect((await open()).current.API_PORT).to.equal(8080);
  });

  it('that come at the same time are all kept', async () => {
    const settings = await open();
    const names = ['MINING_THREADS', 'MINING_INTENSITY', 'MINING_SECONDS', 'API_PORT'];
    await Promise.all(names.map((name) => settings.change({ [name]: 7 })));
    expect(stored()).to.deep.equal(Object.fromEntries(names.map((name) => [name, '7'])));
  });

  describe('of a spoilt file', () => {
    beforeEach(async () => (await open()).change({ MINING_THREADS: 3, MINING_INTENSITY: 50 }));

    const wholes: [string, string | Buffer][] = [
      ['garbage', Buffer.from([0, 255, 254, 3, 200])],
      ['half of it', '{\n  "MINING_THREADS": "3",\n  "MIN'],
      ['nothing', ''],
      ['a list', '["MINING_THREADS"]'],
      ['null', 'null'],
      ['a megabyte', `{"MINING_THREADS": "${'1'.repeat(2 ** 20)}"}`],
    ];
    for (const [what, content] of wholes) {
      it(`that holds ${what}: the last good ones are used, said, and the file is kept`, async () => {
        writeFileSync(file, content);
        const settings = await open();
        expect(settings.current).to.include({ MINING_THREADS: 3, MINING_INTENSITY: 50 });
        expect(settings.problem).to.match(
          /^what is stored can't be read: it .*; what was good last is used$/,
        );
        expect(told.join()).to.include(`warn: settings: ${settings.problem}`);
        await settings.change({ MINING_THREADS: 4 });
        expect(settings.problem).to.equal(null);
        expect(stored()).to.deep.equal({ MINING_THREADS: '4', MINING_INTENSITY: '50' });
        const aside = readFileSync(`${file}.unreadable`);
        expect(aside.equals(Buffer.from(content)), 'what was there').to.equal(true);
      });
    }

    it('that is a directory', async () => {
      rmSync(file);
      mkdirSync(file);
      const settings = await open();
      expect(settings.current.MINING_THREADS).to.equal(3);
      expect(settings.problem).to.include('it is no file');
      await settings.change({ MINING_THREADS: 4 });
      expect(stored()).to.include({ MINING_THREADS: '4' });
    });

    it('that is gone: the owner wants the defaults', async () => {
      rmSync(file);
      const settings = await open();
      expect(settings.current.MINING_THREADS).to.equal(0);
      expect(settings.problem).to.equal(null);
    });

    it('in which one value is bad: its last good one is used, the others as they are', async () => {
      store({ MINING_THREADS: '9999', MINING_INTENSITY: 60 });
      const settings = await open();
      expect(settings.current).to.include({ MINING_THREADS: 3, MINING_INTENSITY: 60 });
      const { problem, from } = stateOf(settings, 'MINING_THREADS');
      expect(from).to.equal('page');
      expect(problem).to.match(
        /expected a whole number from 0 to 256, got "9999"; what was good last is used$/,
      );
      expect(told.join()).to.include(`warn: setting MINING_THREADS: ${problem}`);
      await settings.change({ LOG_LEVEL: 'warn' });
      expect(stateOf(settings, 'MINING_THREADS').problem).to.equal(null);
      expect((await open()).list().every((state) => state.problem === null)).to.equal(true);
    });

    it('in which a value is bad that was never good: the default is used', async () => {
      store({ API_PORT: 'x' });
      const settings = await open();
      expect(settings.current.API_PORT).to.equal(8080);
      expect(stateOf(settings, 'API_PORT').problem).to.match(/got "x"; the default is used$/);
    });

    it('whose copy is spoilt too: the defaults are used', async () => {
      store('garbage');
      writeFileSync(`${file}.last-good`, 'garbage');
      const settings = await open();
      expect(settings.current.MINING_THREADS).to.equal(0);
      expect(settings.problem).to.match(/; the defaults are used$/);
    });

    it('that holds anything at all never end the start, and nothing that can not be used is', async () => {
      const name = fc.constantFrom(...SETTING_NAMES, '__proto__', 'other');
      const object = fc.dictionary(name, fc.oneof(fc.jsonValue(), fc.string(), fc.integer()));
      const content = fc.oneof(
        fc.uint8Array().map((bytes) => Buffer.from(bytes)),
        fc.jsonValue().map((value) => JSON.stringify(value)),
        object.map((value) => JSON.stringify(value)),
      );
      await fc.assert(
        fc.asyncProperty(content, async (written) => {
          writeFileSync(file, written);
          const settings = await open();
          for (const state of settings.list()) {
            const { value } = state;
            const read = readSetting(SETTINGS[state.name as SettingName] as Setting, value);
            expect('problem' in read, `${state.name}=${value}`).to.equal(false);
          }
          expect(settings.current.MINING_INTENSITY).to.be.within(1, 100);
        }),
        { numRuns: 200 },
      );
    });

    it('that was changed there and back: the copy is of the last change', async () => {
      const settings = await open();
      await settings.change({ MINING_THREADS: 4 });
      await settings.change({ MINING_THREADS: 3 });
      store('garbage');
      expect((await open()).current.MINING_THREADS).to.equal(3);
    });

    it('of another version: what is unknown here is no problem, and stays', async () => {
      store({ MINING_THREADS: '5', STRATUM_COLOUR: { deep: 'blue' } });
      const settings = await open();
      expect(settings.problem).to.equal(null);
      expect(told.filter((line) => line.startsWith('warn'))).to.deep.equal([]);
      await settings.change({ MINING_INTENSITY: '70' });
      expect(stored()).to.deep.equal({
        STRATUM_COLOUR: { deep: 'blue' },
        MINING_THREADS: '5',
        MINING_INTENSITY: '70',
      });
    });

    it('that was changed by hand: it is the last good one from then on', async () => {
      store({ MINING_THREADS: '6' });
      await open();
      store('garbage');
      expect((await open()).current).to.include({ MINING_THREADS: 6, MINING_INTENSITY: 100 });
    });
  });

  it('that can not be written are not made', async () => {
    writeFileSync(path.join(directory, 'a-file'), '');
    file = path.join(directory, 'a-file', 'store.settings');
    const settings = await Settings.open({}, file, log);
    const error: unknown = await settings
      .change({ MINING_THREADS: 3 })
      .catch((why: unknown) => why);
    expect(error)
      .to.be.instanceOf(SettingsNotKept)
      .with.property('message')
      .that.matches(/ENOTDIR/);
    expect(settings.current.MINING_THREADS).to.equal(0);
  });

  it('make a directory again that was removed', async () => {
    const settings = await open();
    rmSync(directory, { recursive: true });
    await settings.change({ MINING_THREADS: 3 });
    expect((await open()).current.MINING_THREADS).to.equal(3);
  });

  it('last as long as the process where there is no place for them, and say so', async () => {
    const settings = Settings.of({});
    await settings.change({ MINING_THREADS: 3 });
    expect(settings.current.MINING_THREADS).to.equal(3);
    expect(settings.problem).to.include('until the task ends');
  });

  it('that are secret are written, and never shown or told', async () => {
    const word = { schema: z.string().regex(/^[a-z]+$/), expected: 'letters' };
    const table: Table = {
      ...SETTINGS,
      PASSWORD: {
        ...word,
        form: { kind: 'text' },
        byDefault: '',
        acts: 'at once',
        meaning: 'A password',
        secret: true,
      },
    };
    const settings = await open({}, table);
    await settings.change({ PASSWORD: 'hunter' });
    expect(stored()).to.deep.equal({ PASSWORD: 'hunter' });
    const again = await open({}, table);
    expect(stateOf(again, 'PASSWORD')).to.include({ value: '', isSet: true, secret: true });
    const { issues } = await refusal(again.change({ PASSWORD: 'Secret-7' }));
    store({ PASSWORD: 'Secret-8' });
    const spoilt = await open({}, table);
    const all = JSON.stringify([told, issues, again.list(), spoilt.list(), spoilt.problem]);
    for (const secret of ['hunter', 'Secret']) expect(all).to.not.include(secret);
    expect(stateOf(spoilt, 'PASSWORD').problem).to.include('expected letters, got something else');
  });
});
