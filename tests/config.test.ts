import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { parse } from 'yaml';
import { ConfigError, loadConfig, threadCount, VARIABLE_NAMES } from '../src/config';
import { KEPT_ROUNDS } from '../src/consensus';

interface TaskYaml {
  [field: string]: unknown;
  requirementsTags: { type: string; value: string; description?: string }[];
}

const ROOT = path.join(__dirname, '..');
const yaml = parse(readFileSync(path.join(ROOT, 'config-task.yml'), 'utf8')) as TaskYaml;
const readme = readFileSync(path.join(ROOT, 'README.md'), 'utf8');
const variableTags = yaml.requirementsTags.filter(({ type }) => type === 'TASK_VARIABLE');

describe('loadConfig', () => {
  it('has a default for everything', () => {
    expect(loadConfig({})).to.include({
      MINING_THREADS: 0,
      MINING_BACKEND: 'auto',
      API_PORT: 8080,
    });
  });

  it('takes an empty value for none, as a node passes an unset variable', () => {
    const empty = Object.fromEntries(VARIABLE_NAMES.map((name) => [name, ' ']));
    expect(loadConfig(empty)).to.deep.equal(loadConfig({}));
  });

  it('reads what is set', () => {
    const config = loadConfig({ MINING_THREADS: '3', MINING_BACKEND: 'js', LOG_LEVEL: 'debug' });
    expect(config).to.include({ MINING_THREADS: 3, MINING_BACKEND: 'js', LOG_LEVEL: 'debug' });
  });

  const bad: [string, string][] = [
    ['MINING_THREADS', '-1'],
    ['MINING_THREADS', '1.5'],
    ['MINING_THREADS', '257'],
    ['MINING_THREADS', '0x10'],
    ['MINING_BACKEND', 'gpu'],
    ['MINING_INTENSITY', '0'],
    ['MINING_INTENSITY', '101'],
    ['MINING_SCHEDULE', 'nights'],
    ['MINING_SCHEDULE', '22:00-24:00'],
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

describe('threadCount', () => {
  it('leaves a core free, and mines all the same on a single one', () => {
    expect(threadCount({ MINING_THREADS: 0 })).to.be.at.least(1);
    expect(threadCount({ MINING_THREADS: 5 })).to.equal(5);
  });
});

describe('config-task.yml', () => {
  it('has a TASK_VARIABLE for every variable the task reads, and no other', () => {
    expect(variableTags.map(({ value }) => value)).to.have.members(VARIABLE_NAMES);
  });

  for (const { value: name, description = '' } of variableTags) {
    it(`tells the default of ${name}, as the README does`, () => {
      const value = String(loadConfig({})[name as (typeof VARIABLE_NAMES)[number]]);
      expect(description).to.match(/ Default: /);
      expect(description.split(' Default: ')[1]).to.equal(value || 'none');
      const row = readme.split('\n').find((line) => line.startsWith(`| \`${name}\``));
      expect(row, `no row for ${name} in README.md`).to.be.a('string');
      const cells = row!.split('|').map((cell) => cell.trim());
      expect(cells[2]).to.equal(value ? `\`${value}\`` : 'none');
      expect(cells[3]).to.equal(description.split(' Default: ')[0]!.replace(/\.$/, ''));
    });
  }

  it('lets K2 keep the submissions that seeds are derived from', () => {
    expect(yaml['allowed_failed_distributions']).to.equal(KEPT_ROUNDS);
  });

  // What create-task-cli 1.1.14 checks.
  const text = (max: number) => (value: unknown) =>
    typeof value === 'string' && value.length > 0 && value.length <= max;
  const number = (test: (value: number) => boolean) => (value: unknown) =>
    typeof value === 'number' && test(value);
  const third = (yaml['round_time'] as number) / 3;
  const rules: Record<string, (value: unknown) => boolean> = {
    task_name: text(24),
    author: text(1000),
    description: text(64),
    repositoryUrl: text(1000),
    imageUrl: text(1000),
    infoUrl: text(1000),
    task_executable_network: (value) => value === 'IPFS',
    task_audit_program: (value) => value === 'dist/main.js',
    round_time: number((value) => Number.isInteger(value) && value > 0),
    audit_window: number((value) => value > third),
    submission_window: number((value) => value > third),
    minimum_stake_amount: number((value) => value > 0),
    task_type: (value) => value === 'KOII' || (value === 'KPL' && text(44)(yaml['token_type'])),
    total_bounty_amount: number(
      (value) => value >= 10 && value >= (yaml['bounty_amount_per_round'] as number),
    ),
    bounty_amount_per_round: number((value) => value > 0),
    allowed_failed_distributions: number((value) => value > 0),
    space: number((value) => value >= 0.1 && value <= 50),
    tags: (value) => Array.isArray(value) && value.every((tag) => typeof tag === 'string'),
    environment: (value) => value === 'TEST' || value === 'PRODUCTION',
  };
  for (const [field, rule] of Object.entries(rules)) {
    it(`has a ${field} that create-task-cli accepts`, () => {
      expect(rule(yaml[field]), JSON.stringify(yaml[field])).to.equal(true);
    });
  }

  it('has windows that fit in a round', () => {
    const windows = (yaml['audit_window'] as number) + (yaml['submission_window'] as number);
    expect(windows).to.be.at.most(yaml['round_time'] as number);
  });

  it('has requirement tags of known types with a string value', () => {
    const types =
      'GLOBAL_VARIABLE TASK_VARIABLE CPU RAM STORAGE NETWORK ARCHITECTURE OS ADDON'.split(' ');
    for (const { type, value } of yaml.requirementsTags) {
      expect(types).to.include(type);
      expect(value).to.be.a('string').and.not.empty;
    }
  });
});
