import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';

const ROOT = path.join(__dirname, '../..');

describe('the files that the documents on reliability and security point to', () => {
  for (const document of ['docs/RELIABILITY.md', 'docs/SECURITY.md']) {
    it(`are there: ${document}`, () => {
      const text = readFileSync(path.join(ROOT, document), 'utf8');
      const named = [
        ...text.matchAll(/\b(?:src|cli|tests|simulator|monitoring|docs)\/[\w./-]*\w/g),
      ].map(([name]) => name);
      const tests = [...text.matchAll(/(?<![\w/-])([\w-]+\.(?:test|slow)\.ts)/g)].map(
        ([, name]) => `tests/faults/${name}`,
      );
      expect(named.length + tests.length).to.be.greaterThan(10);
      for (const file of [...named, ...tests]) {
        expect(existsSync(path.join(ROOT, file)), file).to.equal(true);
      }
    });
  }
});

describe('docs/SECURITY.md', () => {
  it('has a test for each claim', () => {
    const text = readFileSync(path.join(ROOT, 'docs/SECURITY.md'), 'utf8');
    const tables = text.matchAll(
      /^\| what (?:they try|it tries|happens) .*\| test +\|\n.*\n((?:\|.*\n)+)/gm,
    );
    const rows = [...tables].flatMap(([, body]) => body!.trim().split('\n'));
    expect(rows).to.have.length.of.at.least(40);
    for (const row of rows) expect(row.split('|').at(-2), row).to.match(/\.(test|slow)\.ts/);
  });
});
