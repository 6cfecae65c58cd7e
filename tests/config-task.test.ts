import path from 'node:path';
import { expect } from 'chai';
import { stringify } from 'yaml';
import { checkConfig } from '../cli/preflight/checks';
import { RULES_OF } from '../cli/preflight/field-rules';
import type { Finding } from '../cli/preflight/finding';
import { readTaskFields, type TaskFields } from '../cli/preflight/task-fields';
import { KEPT_ROUNDS } from '../src/consensus';

const { fields: own } = readTaskFields(path.join(__dirname, '../config-task.yml'));

const findingsOf = (task: TaskFields): readonly Finding[] => checkConfig(task, stringify(task));
const levelsOf = (task: TaskFields, field: string): string[] =>
  findingsOf(task).flatMap(({ name, level }) => (name === field ? [level] : []));

/** Changes that have to break what is said of a field, and changes that have to be fine. */
interface Case {
  field: string;
  refuses: readonly TaskFields[];
  takes?: readonly TaskFields[];
}

const tagged = (...tags: object[]): TaskFields => ({ requirementsTags: tags });

const CASES: readonly Case[] = [
  {
    field: 'task_name',
    refuses: ['', ' ', 'x'.repeat(25), 'é'.repeat(13)].map((task_name) => ({ task_name })),
    takes: [{ task_name: 'x'.repeat(24) }],
  },
  {
    field: 'description',
    refuses: ['', 'x'.repeat(51), 'é'.repeat(33)].map((description) => ({ description })),
    takes: [{ description: 'x'.repeat(50) }],
  },
  ...['author', 'repositoryUrl', 'imageUrl', 'infoUrl'].map((field) => ({
    field,
    refuses: [{ [field]: undefined }, { [field]: ' ' }, { [field]: 7 }],
  })),
  ...['repositoryUrl', 'imageUrl', 'infoUrl'].map((field) => ({
    field,
    refuses: [{ [field]: 'http://example.org' }, { [field]: 'my page' }],
    takes: [{ [field]: 'https://example.org/x' }],
  })),
  { field: 'task_executable_network', refuses: [{ task_executable_network: 'ARWEAVE' }] },
  { field: 'task_audit_program', refuses: [{ task_audit_program: undefined }] },
  {
    field: 'round_time',
    refuses: [0, '1200', 1200.5, 999].map((round_time) => ({ round_time })),
    takes: [{ round_time: 1000 }],
  },
  {
    field: 'audit_window',
    refuses: [400, 0, 500.5].map((audit_window) => ({ audit_window })),
    takes: [{ audit_window: 401 }],
  },
  {
    field: 'submission_window',
    refuses: [{ submission_window: 400 }, { submission_window: undefined }],
    takes: [{ submission_window: 401 }],
  },
  { field: 'round_time', refuses: [{ audit_window: 701 }] },
  {
    field: 'minimum_stake_amount',
    refuses: [{ minimum_stake_amount: 0 }, { minimum_stake_amount: '1.9' }],
  },
  { field: 'task_type', refuses: [{ task_type: 'koii' }, { task_type: undefined }] },
  {
    field: 'token_type',
    refuses: [{ token_type: '' }, { token_type: undefined }, { task_type: 'KPL' }],
    takes: [{ task_type: 'KPL', token_type: 'So11111111111111111111111111111111111111112' }],
  },
  {
    field: 'total_bounty_amount',
    refuses: [{ total_bounty_amount: 9.9 }],
    takes: [{ total_bounty_amount: 10, bounty_amount_per_round: 10 }],
  },
  {
    field: 'bounty_amount_per_round',
    refuses: [
      { bounty_amount_per_round: 0 },
      { bounty_amount_per_round: undefined },
      { total_bounty_amount: 11, bounty_amount_per_round: 12 },
    ],
  },
  {
    field: 'allowed_failed_distributions',
    refuses: [0, undefined, KEPT_ROUNDS - 1].map((allowed_failed_distributions) => ({
      allowed_failed_distributions,
    })),
    takes: [{ allowed_failed_distributions: KEPT_ROUNDS }],
  },
  {
    field: 'space',
    refuses: [{ space: 0.09 }, { space: 50.1 }, { space: 0.9, environment: 'PRODUCTION' }],
    takes: [
      { space: 0.1, environment: 'TEST' },
      { space: 1, environment: 'PRODUCTION' },
    ],
  },
  {
    field: 'requirementsTags',
    refuses: [
      tagged({ type: 'GPU', value: 'any' }),
      tagged({ type: 'RAM', value: 1 }),
      tagged({ type: 'CPU' }),
      { requirementsTags: undefined },
      { requirementsTags: ['CPU'] },
    ],
    takes: [tagged({ type: 'ADDON', value: 'x' })],
  },
  {
    field: 'variables',
    refuses: ['GLOBAL_VARIABLE', 'TASK_VARIABLE'].map((type) =>
      tagged({ type, value: 'MINING_THREADS' }),
    ),
    takes: [tagged({ type: 'RAM', value: '1 GB' })],
  },
  { field: 'tags', refuses: [{ tags: 'Bitcoin' }, { tags: [1] }] },
  {
    field: 'environment',
    refuses: [{ environment: 'test' }, { environment: undefined }],
    takes: [{ environment: 'PRODUCTION' }],
  },
];

describe('config-task.yml', () => {
  const shown = (change: TaskFields) =>
    JSON.stringify(change, (_, value: unknown) => (value === undefined ? 'nothing' : value));

  it(`is what ${RULES_OF} and this task ask for`, () => {
    expect(findingsOf(own).filter(({ level }) => level === 'FAIL')).to.deep.equal([]);
    expect(own).to.include({ task_audit_program: 'dist/main.js', environment: 'TEST' });
    expect(own['allowed_failed_distributions']).to.equal(KEPT_ROUNDS);
  });

  for (const { field, refuses, takes = [] } of CASES) {
    for (const change of refuses) {
      it(`has a ${field} that is refused with ${shown(change)}`, () => {
        expect(levelsOf({ ...own, ...change }, field)).to.include('FAIL');
      });
    }
    for (const change of takes) {
      it(`has a ${field} that is taken with ${shown(change)}`, () => {
        expect(levelsOf({ ...own, ...change }, field)).not.to.be.empty.and.not.to.include('FAIL');
      });
    }
  }

  it('has space for the submissions of as many nodes as a list can carry', () => {
    expect(levelsOf(own, 'submitters')).to.deep.equal(['PASS']);
    expect(levelsOf({ ...own, space: 7.7 }, 'submitters')).to.deep.equal(['WARN']);
  });
});
