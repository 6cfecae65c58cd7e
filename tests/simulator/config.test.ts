import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { ConfigError, parseTaskConfig, readTaskConfig } from '../../simulator';

const TOY = readFileSync('tests/fixtures/toy-task.yml', 'utf8');

describe('the task configuration', () => {
  it('gives windows in slots, amounts in ROE and the names of the variables', () => {
    const tags = ['TASK_VARIABLE, value: A', 'GLOBAL_VARIABLE, value: B', 'ADDON, value: C'];
    const text = TOY + tags.map((tag) => `  - { type: ${tag} }\n`).join('');
    expect(parseTaskConfig(text)).to.deep.equal({
      taskName: 'Toy',
      description: 'Agrees on a greeting',
      taskType: 'KOII',
      tokenType: '',
      roundTime: 100,
      submissionWindow: 40,
      auditWindow: 40,
      minimumStake: 2_000_000_000,
      totalBounty: 10_000_000_000,
      bountyPerRound: 1_000_000_000,
      allowedFailedDistributions: 5,
      variables: ['A', 'B'],
    });
  });

  it("reads this repository's deployment", () => {
    expect(readTaskConfig('config-task.yml')).to.deep.include({
      roundTime: 1200,
      tokenType: 'KOII',
      variables: [],
    });
  });

  const faults: [string, RegExp, string, RegExp][] = [
    ['a missing field', /^round_time:.*\n/m, '', /round_time: .*expected number/],
    ['text for a number', /^audit_window: 40/m, 'audit_window: long', /audit_window: .*number/],
    ['a fraction of a slot', /^round_time: 100/m, 'round_time: 100.5', /round_time: .*int/],
    ['a window of nothing', /^audit_window: 40/m, 'audit_window: 0', /audit_window: .*>0/],
    [
      'windows longer than the round',
      /^audit_window: 40/m,
      'audit_window: 61',
      /round_time: .*submission_window/,
    ],
    [
      'a bounty above the total',
      /^bounty_amount_per_round: 1/m,
      'bounty_amount_per_round: 11',
      /bounty_amount_per_round: .*total_bounty_amount/,
    ],
    ['an unknown task type', /^task_type: KOII/m, 'task_type: NFT', /task_type: .*KPL/],
    ['a tag without a type', /type: CPU, /, '', /requirementsTags\.0\.type/],
  ];
  for (const [name, pattern, replacement, message] of faults) {
    it(`names the field of ${name}`, () => {
      const text = TOY.replace(pattern, replacement);
      expect(text).not.to.equal(TOY);
      expect(() => parseTaskConfig(text)).to.throw(ConfigError, message);
    });
  }

  it('names every field at fault, and the file', () => {
    expect(() => parseTaskConfig('task_name: x', 'my.yml')).to.throw(
      ConfigError,
      /my\.yml[^]*round_time[^]*minimum_stake_amount/,
    );
  });

  it('says so when the file is missing or not YAML', () => {
    expect(() => readTaskConfig('no-such.yml')).to.throw(ConfigError, /no-such\.yml/);
    expect(() => parseTaskConfig('a: [1')).to.throw(ConfigError, /not YAML/);
  });
});
