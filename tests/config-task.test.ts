import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { parse } from 'yaml';
import { KEPT_ROUNDS } from '../src/consensus';

const ROOT = path.join(__dirname, '..');
const yaml = parse(readFileSync(path.join(ROOT, 'config-task.yml'), 'utf8')) as TaskYaml;

interface TaskYaml {
  readonly [field: string]: unknown;
}

/** What has to hold, and changes that have to break it. */
interface Rule {
  holds: (task: TaskYaml) => boolean;
  refuses: readonly TaskYaml[];
  /** Changes that have to be fine. */
  takes?: readonly TaskYaml[];
}

/** Text that isn't blank. K2 keeps it in so many bytes, so create-task-cli fails where they don't suffice. */
const text =
  (field: string, maxBytes = Infinity) =>
  (task: TaskYaml): boolean => {
    const value = task[field];
    return typeof value === 'string' && value.trim() !== '' && Buffer.byteLength(value) <= maxBytes;
  };

const number =
  (field: string, test: (value: number, task: TaskYaml) => boolean) =>
  (task: TaskYaml): boolean => {
    const value = task[field];
    return typeof value === 'number' && Number.isFinite(value) && test(value, task);
  };

const slots = (field: string) => (task: TaskYaml) =>
  number(field, (value) => Number.isInteger(value) && value > 0)(task);

/** A window: more than a third of the round. */
const aboveAThird = (field: string) => (task: TaskYaml) =>
  slots(field)(task) && (task[field] as number) * 3 > (task['round_time'] as number);

const VARIABLE_TAGS = ['GLOBAL_VARIABLE', 'TASK_VARIABLE'];
const REQUIREMENT_TAGS = 'CPU RAM STORAGE NETWORK ARCHITECTURE OS ADDON'.split(' ');

const tagsOf = (task: TaskYaml) => {
  const tags = task['requirementsTags'];
  return Array.isArray(tags) ? (tags as { type?: unknown; value?: unknown }[]) : undefined;
};

const tagged = (...tags: object[]): TaskYaml => ({ requirementsTags: tags });

/** What create-task-cli 1.1.14 asks for, in its checks and in the comments of its example. */
const rules: Record<string, Rule> = {
  'a name of at most 24 bytes': {
    holds: text('task_name', 24),
    refuses: [
      { task_name: '' },
      { task_name: ' ' },
      { task_name: 'x'.repeat(25) },
      { task_name: 'é'.repeat(13) },
    ],
    takes: [{ task_name: 'x'.repeat(24) }],
  },
  'a description of at most 50 characters, so that it is not cut, in 64 bytes': {
    holds: (task) => text('description', 64)(task) && (task['description'] as string).length <= 50,
    refuses: [
      { description: '' },
      { description: 'x'.repeat(51) },
      { description: 'é'.repeat(33) },
    ],
    takes: [{ description: 'x'.repeat(50) }],
  },
  ...Object.fromEntries(
    ['author', 'repositoryUrl', 'imageUrl', 'infoUrl'].map((field) => [
      `the field ${field}`,
      { holds: text(field), refuses: [{ [field]: undefined }, { [field]: ' ' }, { [field]: 7 }] },
    ]),
  ),
  'the bundle, which goes to IPFS': {
    holds: (task) =>
      task['task_executable_network'] === 'IPFS' && task['task_audit_program'] === 'dist/main.js',
    refuses: [{ task_executable_network: 'ARWEAVE' }, { task_audit_program: undefined }],
  },
  'a round of whole slots': {
    holds: slots('round_time'),
    refuses: [{ round_time: 0 }, { round_time: '1200' }, { round_time: 1200.5 }],
  },
  'an audit window above a third of the round': {
    holds: aboveAThird('audit_window'),
    refuses: [
      { audit_window: 400, round_time: 1200 },
      { audit_window: 0 },
      { audit_window: 500.5 },
    ],
    takes: [{ audit_window: 401, round_time: 1200 }],
  },
  'a submission window above a third of the round': {
    holds: aboveAThird('submission_window'),
    refuses: [{ submission_window: 400, round_time: 1200 }, { submission_window: undefined }],
    takes: [{ submission_window: 401, round_time: 1200 }],
  },
  'windows that fit in a round': {
    holds: number(
      'round_time',
      (value, task) =>
        (task['audit_window'] as number) + (task['submission_window'] as number) <= value,
    ),
    refuses: [{ round_time: 999 }, { audit_window: 701 }],
    takes: [{ round_time: 1000 }],
  },
  'a minimum stake': {
    holds: number('minimum_stake_amount', (value) => value > 0),
    refuses: [{ minimum_stake_amount: 0 }, { minimum_stake_amount: '1.9' }],
  },
  'a type': {
    holds: (task) => task['task_type'] === 'KOII' || task['task_type'] === 'KPL',
    refuses: [{ task_type: 'koii' }, { task_type: undefined }],
    takes: [{ task_type: 'KPL' }],
  },
  'a token, though KOII never uses it; the mint for KPL': {
    holds: (task) =>
      text('token_type')(task) &&
      (task['task_type'] !== 'KPL' ||
        /^[1-9A-HJ-NP-Za-km-z]{32,44}$/.test(task['token_type'] as string)),
    refuses: [{ token_type: '' }, { token_type: undefined }, { task_type: 'KPL' }],
    takes: [{ task_type: 'KPL', token_type: 'So11111111111111111111111111111111111111112' }],
  },
  'a total bounty of at least 10, and of a round': {
    holds: number(
      'total_bounty_amount',
      (value, task) => value >= 10 && value >= (task['bounty_amount_per_round'] as number),
    ),
    refuses: [
      { total_bounty_amount: 9.9 },
      { total_bounty_amount: 11, bounty_amount_per_round: 12 },
    ],
    takes: [{ total_bounty_amount: 10, bounty_amount_per_round: 10 }],
  },
  'a bounty': {
    holds: number('bounty_amount_per_round', (value) => value > 0),
    refuses: [{ bounty_amount_per_round: 0 }, { bounty_amount_per_round: undefined }],
  },
  'failed distributions': {
    holds: slots('allowed_failed_distributions'),
    refuses: [{ allowed_failed_distributions: 0 }, { allowed_failed_distributions: undefined }],
  },
  'space of 0.1 to 50 MB, for production at least 1': {
    holds: number(
      'space',
      (value, task) => value >= (task['environment'] === 'PRODUCTION' ? 1 : 0.1) && value <= 50,
    ),
    refuses: [{ space: 0.09 }, { space: 50.1 }, { space: 0.9, environment: 'PRODUCTION' }],
    takes: [
      { space: 0.1, environment: 'TEST' },
      { space: 1, environment: 'PRODUCTION' },
    ],
  },
  'requirements of known types, each with a text': {
    holds: (task) =>
      tagsOf(task)?.every(
        ({ type, value }) =>
          [...VARIABLE_TAGS, ...REQUIREMENT_TAGS].includes(String(type)) &&
          typeof value === 'string' &&
          value !== '',
      ) ?? false,
    refuses: [
      tagged({ type: 'GPU', value: 'any' }),
      tagged({ type: 'RAM', value: 1 }),
      tagged({ type: 'CPU' }),
      { requirementsTags: undefined },
    ],
    takes: [tagged({ type: 'ADDON', value: 'x' })],
  },
  tags: {
    holds: ({ tags }) => Array.isArray(tags) && tags.every((tag) => typeof tag === 'string'),
    refuses: [{ tags: 'Bitcoin' }, { tags: [1] }],
  },
  'an environment': {
    holds: ({ environment }) => environment === 'TEST' || environment === 'PRODUCTION',
    refuses: [{ environment: 'test' }, { environment: undefined }],
    takes: [{ environment: 'PRODUCTION' }],
  },
};

/** What K2 keeps of a submission, about. */
const SUBMISSION_BYTES = 560;
/** As many submitters as the window for lists has time for (docs/SECURITY.md). */
const LIST_ENTRIES = 2_800;

/** What this task needs besides. */
const ownRules: Record<string, Rule> = {
  'no variable that an operator would have to pair by hand before the task may run': {
    holds: (task) => tagsOf(task)!.every(({ type }) => !VARIABLE_TAGS.includes(String(type))),
    refuses: VARIABLE_TAGS.map((type) => tagged({ type, value: 'MINING_THREADS' })),
  },
  'the submissions that seeds are derived from kept by K2': {
    holds: (task) => task['allowed_failed_distributions'] === KEPT_ROUNDS,
    refuses: [{ allowed_failed_distributions: KEPT_ROUNDS - 1 }],
  },
  'space for the submissions of as many nodes as a list can carry': {
    holds: number('space', (value) => value * 1e6 >= SUBMISSION_BYTES * KEPT_ROUNDS * LIST_ENTRIES),
    refuses: [{ space: 5 }, { space: 7.8 }],
    takes: [{ space: 10 }],
  },
};

describe('config-task.yml', () => {
  const shown = (change: TaskYaml) =>
    JSON.stringify(change, (_, value: unknown) => (value === undefined ? 'nothing' : value));

  for (const [what, { holds, refuses, takes = [] }] of Object.entries({ ...rules, ...ownRules })) {
    it(`has ${what}`, () => {
      expect(holds(yaml)).to.equal(true);
    });

    for (const change of refuses) {
      it(`has ${what}: not so with ${shown(change)}`, () => {
        expect(holds({ ...yaml, ...change })).to.equal(false);
      });
    }

    for (const change of takes) {
      it(`has ${what}: so also with ${shown(change)}`, () => {
        expect(holds({ ...yaml, ...change })).to.equal(true);
      });
    }
  }
});
