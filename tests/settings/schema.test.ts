import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { SETTINGS, threadCount, type Setting } from '../../src/settings/schema';

const readme = readFileSync(path.join(__dirname, '../../README.md'), 'utf8');

describe('threadCount', () => {
  it('leaves a core free, and mines all the same on a single one', () => {
    expect(threadCount({ MINING_THREADS: 0 })).to.be.at.least(1);
    expect(threadCount({ MINING_THREADS: 5 })).to.equal(5);
  });
});

describe("the README's table of variables", () => {
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
