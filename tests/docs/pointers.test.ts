import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { testFiles } from '../fixtures/test-files';

const ROOT = path.join(__dirname, '../..');
const read = (name: string): string => readFileSync(path.join(ROOT, name), 'utf8');
/** Build outputs may or may not exist. */
const isThere = (name: string): boolean =>
  /^native\/(build|prebuilds)\b/.test(name) || existsSync(path.join(ROOT, name));

const FILES = testFiles();
const DOCUMENTS = ['.', 'docs', 'docs/images']
  .flatMap((folder) =>
    readdirSync(path.join(ROOT, folder)).map((name) => path.posix.join(folder, name)),
  )
  .filter((name) => name.endsWith('.md'));

const PLACE =
  /(?<![\w./@-])(?:adversaries|bench|build|cli|docs|monitoring|native|sdk-stand-in|simulator|src|tests)\/[\w./-]*\w/g;
/** A test file, with or without its folder, and the title that follows it. */
const TEST = /(?<![\w./*-])([\w./-]*[\w-]\.(?:test|slow|browser)\.ts)`?(?:[ :,]+"([^"]+)")?/g;

/** The file that a document means: without a folder, one in tests/faults (docs/RELIABILITY.md) or the only one. */
function testFile(name: string): string | undefined {
  if (name.includes('/')) return isThere(name) ? name : undefined;
  const [first, ...others] = FILES.filter((file) => path.posix.basename(file) === name);
  return isThere(`tests/faults/${name}`)
    ? `tests/faults/${name}`
    : others.length
      ? undefined
      : first;
}

/** The titles of the tests in a file; `…` stands for a part that varies by case. */
function titlesIn(file: string): string[] {
  const titles = read(file).matchAll(/\b(?:it|describe\w*)\(\s*(['"`])((?:\\.|(?!\1).)*)\1/gs);
  return [...titles].map(([, , title]) =>
    title!.replace(/\$\{.*?\}/g, '…').replace(/\\(.)/g, '$1'),
  );
}

describe('what the documents point to', () => {
  for (const document of DOCUMENTS) {
    it(`is there: ${document}`, () => {
      const text = read(document);
      for (const [name] of text.matchAll(PLACE)) expect(isThere(name), name).to.equal(true);
      for (const [, link] of text.matchAll(/\]\(([^)#\s:]+)(?:#[^)]*)?\)/g)) {
        expect(isThere(path.posix.join(path.posix.dirname(document), link!)), link).to.equal(true);
      }
      for (const [, name, title] of text.matchAll(TEST)) {
        const file = testFile(name!);
        expect(file, name).to.be.a('string');
        if (title) expect(titlesIn(file!), file).to.include(title);
      }
    });
  }

  it('are tests by their titles, too', () => {
    const titles = DOCUMENTS.flatMap((document) => [...read(document).matchAll(TEST)]).filter(
      ([, , title]) => title,
    );
    expect(titles).to.have.length.of.at.least(80);
  });
});

describe('README.md', () => {
  it('names every suite', () => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: object };
    const suites = Object.keys(scripts).filter((name) => /^(test|fuzz|soak|check$)/.test(name));
    const [, table] = /^## Tests\n([^]*?)^## /m.exec(read('README.md'))!;
    for (const name of suites) {
      expect(table).to.include(name === 'test' ? '| `npm test` ' : `| \`npm run ${name}\` `);
    }
  });
});

describe('docs/SECURITY.md', () => {
  it('has a test for each claim', () => {
    const text = read('docs/SECURITY.md');
    const tables = text.matchAll(
      /^\| what (?:they try|it tries|happens) .*\| test +\|\n.*\n((?:\|.*\n)+)/gm,
    );
    const rows = [...tables].flatMap(([, body]) => body!.trim().split('\n'));
    expect(rows).to.have.length.of.at.least(40);
    for (const row of rows) expect(row.split('|').at(-2), row).to.match(/\.(test|slow)\.ts/);
  });
});
