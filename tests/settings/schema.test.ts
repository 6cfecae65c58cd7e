import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { MAX_THREADS } from '../../src/mining/engine';
import {
  ConfigError,
  loadConfig,
  SETTING_NAMES,
  SETTINGS,
  threadCount,
  type Setting,
} from '../../src/settings/schema';

describe('loadConfig', () => {
  it('has a default for everything', () => {
    expect(loadConfig({})).to.include({
      MINING_THREADS: 0,
      MINING_BACKEND: 'auto',
      API_PORT: 8080,
    });
  });

  for (const text of ['', ' ', '\t', 'none', 'None', 'NONE', 'default', ' Default ']) {
    it(`takes ${JSON.stringify(text)} for a value that was not chosen, of every variable`, () => {
      const notChosen = Object.fromEntries(SETTING_NAMES.map((name) => [name, text]));
      expect(loadConfig(notChosen)).to.deep.equal(loadConfig({}));
    });
  }

  it('takes no more for it than these words', () => {
    expect(loadConfig({ API_HOST: 'none.example' })).to.include({ API_HOST: 'none.example' });
    expect(() => loadConfig({ LOG_LEVEL: 'none at all' })).to.throw(ConfigError);
  });

  it('reads what is set', () => {
    const config = loadConfig({ MINING_THREADS: '3', MINING_BACKEND: 'js', LOG_LEVEL: 'debug' });
    expect(config).to.include({ MINING_THREADS: 3, MINING_BACKEND: 'js', LOG_LEVEL: 'debug' });
  });

  const understood: [string, string, string][] = [
    ['MINING_INTENSITY', '50 %', '50'],
    ['MINING_INTENSITY', ' 50% ', '50'],
    ['MINING_THREADS', '007', '7'],
    ['MINING_BACKEND', 'WASM-SIMD', 'wasm-simd'],
    ['LOG_LEVEL', 'Warn', 'warn'],
    ['MINING_SCHEDULE', '22-7', '22:00-07:00'],
    ['API_ALLOWED_HOSTS', ' one  two,, three , ', 'one,two,three'],
  ];
  for (const [name, written, meant] of understood) {
    it(`reads ${name}=${written} as ${meant}, for it can mean nothing else`, () => {
      const config = loadConfig({ [name]: written }) as unknown as Record<string, unknown>;
      expect(String(config[name])).to.equal(meant);
    });
  }

  const bad: [string, string][] = [
    ['MINING_THREADS', '-1'],
    ['MINING_THREADS', '1.5'],
    ['MINING_THREADS', '257'],
    ['MINING_THREADS', '0x10'],
    ['MINING_BACKEND', 'gpu'],
    ['MINING_INTENSITY', '0'],
    ['MINING_INTENSITY', '101'],
    ['MINING_SCHEDULE', 'nights'],
    ['MINING_SCHEDULE', '22:00-25:00'],
    ['MINING_SECONDS', 'ten'],
    ['API_HOST', 'two words'],
    ['API_PORT', '0'],
    ['API_PORT', '65536'],
    ['LOG_LEVEL', 'loud'],
  ];
  for (const [name, value] of bad) {
    it(`refuses ${name}=${value}, naming it, what was expected and what came`, () => {
      expect(() => loadConfig({ [name]: value }))
        .to.throw(ConfigError)
        .with.property('message')
        .that.matches(new RegExp(`^${name}: expected .+, got "${value}"$`));
    });
  }

  it('names every problem at once', () => {
    expect(() => loadConfig({ API_PORT: 'x', LOG_LEVEL: 'y' })).to.throw(/API_PORT[^]*LOG_LEVEL/);
  });
});

describe("the README's table of variables", () => {
  const readme = readFileSync(path.join(__dirname, '../../README.md'), 'utf8');
  const rows = readme
    .split('\n')
    .filter((line) => /^\| *`[A-Z_]+` *\|/.test(line))
    .map((line) => line.split('|').map((cell) => cell.trim()));

  it('says of each setting what the page says of it, and has no other row', () => {
    const expected = Object.entries<Setting>(SETTINGS).map(([name, setting]) => [
      `\`${name}\``,
      String(setting.byDefault) === '' ? 'none' : `\`${String(setting.byDefault)}\``,
      `${setting.meaning} (${setting.expected})`,
      setting.acts === 'restart' ? 'after a restart' : setting.acts,
    ]);
    expect(rows.map((cells) => cells.slice(1, -1))).to.deep.equal(expected);
  });
});

describe('threadCount', () => {
  it('leaves a core free, and mines all the same on a single one', () => {
    expect(threadCount({ MINING_THREADS: 0 })).to.be.at.least(1);
    expect(threadCount({ MINING_THREADS: 5 })).to.equal(5);
  });

  it('goes as far as the engine does', () => {
    expect(SETTINGS.MINING_THREADS.form).to.include({ max: MAX_THREADS });
    expect(threadCount({ MINING_THREADS: 0 }, 2 * MAX_THREADS)).to.equal(MAX_THREADS);
  });
});
