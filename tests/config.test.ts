import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { parse } from 'yaml';
import { ConfigError, loadConfig, threadCount, VARIABLE_NAMES } from '../src/config';
import { KEPT_ROUNDS } from '../src/consensus';

const ROOT = path.join(__dirname, '..');
const yaml = parse(readFileSync(path.join(ROOT, 'config-task.yml'), 'utf8')) as TaskYaml;
const readme = readFileSync(path.join(ROOT, 'README.md'), 'utf8');

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
      const notChosen = Object.fromEntries(VARIABLE_NAMES.map((name) => [name, text]));
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

describe("the README's table of variables", () => {
  const rows = readme
    .split('\n')
    .filter((line) => /^\| *`[A-Z_]+` *\|/.test(line))
    .map((line) => line.split('|').map((cell) => cell.trim()));

  it('has one row for each variable and no other', () => {
    expect(rows.map(([, name]) => name)).to.deep.equal(VARIABLE_NAMES.map((name) => `\`${name}\``));
  });

  for (const name of VARIABLE_NAMES) {
    it(`tells the default of ${name} and what it may be`, () => {
      const [, , byDefault, meaning = ''] = rows.find(([, cell]) => cell === `\`${name}\``)!;
      const value = String(loadConfig({})[name]);
      expect(byDefault).to.equal(value === '' ? 'none' : `\`${value}\``);
      for (const part of partsOf(expectedOf(name))) expect(meaning).to.include(part);
    });
  }

  /** What a variable has to be, by the error for a value that none may have. */
  function expectedOf(name: string): string {
    try {
      loadConfig({ [name]: '?' });
    } catch (error) {
      return /: expected (.+), got "\?"$/.exec((error as Error).message)![1]!;
    }
    throw new Error(`${name} takes any value`);
  }

  /** What of that the table must say: the ends of a range, each of some words, or the rest as it is. */
  function partsOf(expected: string): string[] {
    const [, range] = /^a whole number from (\d+ to \d+)$/.exec(expected) ?? [];
    const [, words] = /^one of (.+)$/.exec(expected) ?? [];
    const [, example] = /^hours (such as \S+), /.exec(expected) ?? [];
    return words?.split(', ') ?? [range ?? example ?? expected.replace(/^an? /, '')];
  }
});

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
