import { fail, pass, shown, type Finding } from './finding';
import { tagsOf, VARIABLE_TAGS, type TaskFields } from './task-fields';

/** Whose rules these are, in our own words: its checks, what K2's layout has room for, and the comments of its example. */
export const RULES_OF = 'create-task-cli 1.1.14';

/** What a field of config-task.yml has to be. */
export interface FieldRule {
  readonly field: string;
  /** "at most 24 bytes": stands after "expected". */
  readonly expected: string;
  readonly holds: (task: TaskFields) => boolean;
}

/** Text that isn't blank. K2 keeps it in so many bytes, so create-task-cli fails where they don't suffice. */
const text =
  (field: string, maxBytes = Infinity) =>
  (task: TaskFields): boolean => {
    const value = task[field];
    return typeof value === 'string' && value.trim() !== '' && Buffer.byteLength(value) <= maxBytes;
  };

const number =
  (field: string, test: (value: number, task: TaskFields) => boolean) =>
  (task: TaskFields): boolean => {
    const value = task[field];
    return typeof value === 'number' && Number.isFinite(value) && test(value, task);
  };

const slots = (field: string) => number(field, (value) => Number.isInteger(value) && value > 0);
const numberOf = (task: TaskFields, field: string): number => Number(task[field] ?? NaN);

const REQUIREMENT_TAGS = 'CPU RAM STORAGE NETWORK ARCHITECTURE OS ADDON'.split(' ');
const TAGS = [...VARIABLE_TAGS, ...REQUIREMENT_TAGS];
/** What is left of a description. */
const DESCRIPTION_CHARACTERS = 50;
const BASE58_KEY = /^[1-9A-HJ-NP-Za-km-z]{32,44}$/;

const anyText = (field: string): FieldRule => ({
  field,
  expected: 'a text',
  holds: text(field),
});

const window = (field: string): FieldRule => ({
  field,
  expected: 'a whole number of slots above a third of round_time',
  holds: (task) =>
    slots(field)(task) && numberOf(task, field) * 3 > (numberOf(task, 'round_time') || 0),
});

export const FIELD_RULES: readonly FieldRule[] = [
  { field: 'task_name', expected: 'a text of at most 24 bytes', holds: text('task_name', 24) },
  {
    field: 'description',
    expected: `a text of at most ${DESCRIPTION_CHARACTERS} characters, the rest is cut off, in 64 bytes`,
    holds: (task) =>
      text('description', 64)(task) &&
      (task['description'] as string).length <= DESCRIPTION_CHARACTERS,
  },
  ...['author', 'repositoryUrl', 'imageUrl', 'infoUrl'].map(anyText),
  {
    field: 'task_executable_network',
    expected: 'IPFS',
    holds: (task) => task['task_executable_network'] === 'IPFS',
  },
  {
    field: 'task_audit_program',
    expected: "the path of the task's bundle",
    holds: text('task_audit_program'),
  },
  { field: 'round_time', expected: 'a whole number of slots above 0', holds: slots('round_time') },
  {
    field: 'round_time',
    expected: 'at least submission_window + audit_window',
    holds: (task) =>
      !(
        numberOf(task, 'submission_window') + numberOf(task, 'audit_window') >
        numberOf(task, 'round_time')
      ),
  },
  window('submission_window'),
  window('audit_window'),
  {
    field: 'minimum_stake_amount',
    expected: 'a number above 0',
    holds: number('minimum_stake_amount', (value) => value > 0),
  },
  {
    field: 'task_type',
    expected: 'KOII or KPL',
    holds: ({ task_type: type }) => type === 'KOII' || type === 'KPL',
  },
  {
    field: 'token_type',
    expected: "a text, the token's mint for task_type KPL",
    holds: (task) =>
      text('token_type')(task) &&
      (task['task_type'] !== 'KPL' || BASE58_KEY.test(task['token_type'] as string)),
  },
  {
    field: 'total_bounty_amount',
    expected: 'a number of at least 10',
    holds: number('total_bounty_amount', (value) => value >= 10),
  },
  {
    field: 'bounty_amount_per_round',
    expected: 'a number above 0, at most total_bounty_amount',
    holds: number(
      'bounty_amount_per_round',
      (value, task) => value > 0 && !(value > numberOf(task, 'total_bounty_amount')),
    ),
  },
  {
    field: 'allowed_failed_distributions',
    expected: 'a whole number above 0',
    holds: slots('allowed_failed_distributions'),
  },
  {
    field: 'space',
    expected: '0.1 to 50 (MB), for environment PRODUCTION at least 1',
    holds: number(
      'space',
      (value, task) => value >= (task['environment'] === 'PRODUCTION' ? 1 : 0.1) && value <= 50,
    ),
  },
  {
    field: 'requirementsTags',
    expected: `a list, each of a type of ${TAGS.join(', ')} and with a text as value`,
    holds: (task) =>
      tagsOf(task)?.every(
        ({ type, value }) =>
          TAGS.includes(String(type)) && typeof value === 'string' && value !== '',
      ) ?? false,
  },
  {
    field: 'tags',
    expected: 'a list of texts',
    holds: ({ tags }) => Array.isArray(tags) && tags.every((tag) => typeof tag === 'string'),
  },
  {
    field: 'environment',
    expected: 'TEST or PRODUCTION',
    holds: ({ environment }) => environment === 'TEST' || environment === 'PRODUCTION',
  },
];

/** A finding for each rule that doesn't hold, else one for each field, in the order of the rules. */
export function checkFields(
  task: TaskFields,
  rules: readonly FieldRule[] = FIELD_RULES,
): Finding[] {
  return [...new Set(rules.map(({ field }) => field))].flatMap((field) => {
    const got = shown(task[field]);
    const broken = rules.filter((rule) => rule.field === field && !rule.holds(task));
    if (broken.length === 0) return [pass(field, got)];
    return broken.map(({ expected }) =>
      fail(
        field,
        `expected ${expected}, got ${got}`,
        'Correct it in config-task.yml: create-task-cli refuses it, or asks for it',
      ),
    );
  });
}
