import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { checkConfig, usableConfig } from '../../../cli/preflight/checks';
import { carried } from '../../../cli/preflight/costs';
import { lineOf, shown, worstOf, type Finding } from '../../../cli/preflight/finding';
import { readTaskFields } from '../../../cli/preflight/task-fields';

const ROOT = path.join(__dirname, '../../..');
const OWN = readFileSync(path.join(ROOT, 'config-task.yml'), 'utf8');

describe('what preflight says of a config-task.yml', () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(path.join(os.tmpdir(), 'preflight-'));
  });

  afterEach(() => rmSync(folder, { recursive: true }));

  /** The findings on this repository's own, with a change. */
  function findingsWith(pattern: RegExp, replacement: string): Finding[] {
    const changed = OWN.replace(pattern, replacement);
    expect(changed).not.to.equal(OWN);
    return findingsOn(changed);
  }

  function findingsOn(yaml: string): Finding[] {
    const file = path.join(folder, 'config-task.yml');
    writeFileSync(file, yaml);
    const { fields, text } = readTaskFields(file);
    return checkConfig(fields, text);
  }

  const lines = (findings: readonly Finding[]): string => findings.map(lineOf).join('\n');

  it('is a line for each field, with nothing to be mended in this repository’s own', () => {
    const findings = findingsOn(OWN);
    expect(worstOf(findings)).to.equal('WARN');
    for (const line of findings.map(lineOf)) expect(line).to.match(/^(PASS|WARN) [\w-]+: .+\.$/);
    const names = findings.map(({ name }) => name);
    expect(names).to.have.members([...new Set(names)]);
    expect(names).to.include.members(['task_name', 'audit_window', 'space', 'variables']);
  });

  it('is what the bounty pays for, the rent, the price of a majority and how many may submit', () => {
    const text = lines(findingsOn(OWN));
    expect(text).to.include('PASS bounty: 100 KOII last 100 rounds, 13.6 hours;');
    expect(text).to.include('PASS rent: 69.6 KOII for 10 MB of space, 169.6 KOII with the bounty');
    expect(text).to.include(
      'WARN majority: 11 keys outvote 10 honest nodes, for stakes of 20.9 KOII',
    );
    expect(text).to.include('worth as much after 21 rounds').and.include('amount to 9.1 ');
    expect(text).to.include('space holds about 3571 submitters a round, a list carries about 2768');
  });

  it('is that a stake is as high as it has to be', () => {
    const findings = findingsWith(/^minimum_stake_amount: .*/m, 'minimum_stake_amount: 9.1');
    expect(lines(findings)).to.include('PASS majority: 11 keys');
  });

  it('tells rent in KOII and the bounty in tokens for a KPL task', () => {
    const mint = 'So11111111111111111111111111111111111111112';
    const kpl = OWN.replace(/^task_type: .*/m, 'task_type: KPL');
    const text = lines(findingsOn(kpl.replace(/^token_type: .*/m, `token_type: ${mint}`)));
    expect(text).to.include('100 tokens last 100 rounds').and.include('69.6 KOII for 10 MB');
    expect(text).to.include('WARN majority: ').and.include('1 tokens a round');
  });

  const BROKEN: [string, RegExp, string, RegExp][] = [
    [
      'task_name',
      /^task_name: .*/m,
      "task_name: 'A name that is much too long for K2'",
      /24 bytes/,
    ],
    ['round_time', /^round_time: .*/m, 'round_time: 900', /at least submission_window/],
    ['audit_window', /^audit_window: .*/m, 'audit_window: 300', /above a third of round_time/],
    ['total_bounty_amount', /^total_bounty_amount: .*/m, 'total_bounty_amount: 5', /at least 10/],
    ['space', /^space: .*/m, 'space: 60', /0\.1 to 50 \(MB\)/],
    ['environment', /^environment: .*/m, 'environment: STAGING', /TEST or PRODUCTION/],
    ['token_type', /^token_type: .*/m, "token_type: ''", /a text/],
    [
      'allowed_failed_distributions',
      /^allowed_failed_distributions: .*/m,
      'allowed_failed_distributions: 3',
      /expected 5, got 3/,
    ],
    ['repositoryUrl', /^repositoryUrl: .*/m, "repositoryUrl: 'git@example.org:x'", /an https URL/],
    ['variables', /type: CPU/, 'type: TASK_VARIABLE', /lets nobody run the task/],
  ];
  for (const [field, pattern, replacement, message] of BROKEN) {
    it(`names ${field} where it is wrong, with what to do`, () => {
      const findings = findingsWith(pattern, replacement);
      const failed = findings.filter(({ level, name }) => level === 'FAIL' && name !== 'costs');
      expect(failed.map(({ name }) => name)).to.deep.equal([field]);
      expect(failed[0]!.found).to.match(message);
      expect(failed[0]!.todo).to.be.a('string').that.is.not.empty;
    });
  }

  it('says that costs are not known where fields can’t be used', () => {
    expect(lines(findingsWith(/^round_time: .*/m, ''))).to.include('FAIL costs: not known');
  });

  it('names URLs that are still those of a template, or of this reference', () => {
    const template = 'https://github.com/koii-network/task-template';
    const text = lines(findingsWith(/^repositoryUrl: .*/m, `repositoryUrl: ${template}`));
    expect(text).to.match(/^WARN repositoryUrl: .*Koii's template/m);
    expect(text).to.match(/^WARN infoUrl: .*this reference's/m);
    const own = OWN.replaceAll('koii-network/orca-mining-task', 'somebody/else');
    expect(lines(findingsOn(own))).to.match(/^PASS repositoryUrl: .*^PASS infoUrl: /ms);
  });

  it('names the icon alone after what docs/DEPLOY.md has for all other URLs', function () {
    if (process.platform === 'win32') this.skip();
    const [line] = /^ +sed .*/m.exec(readFileSync(path.join(ROOT, 'docs/DEPLOY.md'), 'utf8'))!;
    // The sed of macOS takes what follows -i for the suffix, also where none is meant.
    expect(line.trim()).to.match(/^sed -i\.\w+ /);
    const files = ['config-task.yml', 'monitoring/alerts.yml', 'monitoring/alerts.test.yml'];
    mkdirSync(path.join(folder, 'monitoring'));
    for (const file of files) copyFileSync(path.join(ROOT, file), path.join(folder, file));
    execFileSync('sh', ['-c', line], { cwd: folder });
    const changed = files.map((file) => readFileSync(path.join(folder, file), 'utf8'));
    for (const text of changed) expect(text).not.to.include('koii-network/orca-mining-task');
    expect(lines(findingsOn(changed[0]!))).to.match(
      /^PASS repositoryUrl: .*^WARN imageUrl: .*Koii's own icon.*^PASS infoUrl: /ms,
    );
  });

  it('warns of PRODUCTION', () => {
    const text = lines(findingsWith(/^environment: .*/m, 'environment: PRODUCTION'));
    expect(text).to.match(/^WARN environment: PRODUCTION: .*Deploy it with TEST first/m);
  });

  it('takes a description from a file of its own, as create-task-cli does', () => {
    writeFileSync(path.join(folder, 'about.md'), 'x'.repeat(51));
    const findings = findingsOn(`${OWN}\nmarkdownDescriptionPath: about.md\n`);
    expect(lines(findings)).to.match(/^FAIL description: expected a text of at most 50/m);
  });

  it('says so where the file is none', () => {
    const file = path.join(folder, 'x.yml');
    expect(() => readTaskFields(file)).to.throw(`${file} can't be read: there is no such file`);
    writeFileSync(file, 'a: [1');
    expect(() => readTaskFields(file)).to.throw(/x\.yml is not YAML: [^\n]+$/);
    writeFileSync(file, '- 1');
    expect(() => readTaskFields(file)).to.throw(/x\.yml has no fields/);
  });

  it('shows whatever stands in a field as one short line of ASCII', () => {
    expect(shown('a\u001b[2J\n\u202eb')).to.equal('"a\\u001b[2J\\n\\u202eb"');
    expect(shown('x'.repeat(1000))).to.have.length(61);
    expect(shown(undefined)).to.equal('nothing');
  });

  it('counts the submitters of a window by its length', () => {
    const config = usableConfig(OWN)!;
    const { list, space } = carried({ ...config, submissionWindow: 1000 }, 20);
    expect({ list, space }).to.deep.equal({ list: 5537, space: 7142 });
  });
});
