import type { z } from 'zod';

// Messages for values that a schema refuses: "expected X, got Y", the same for all schemas.

/** At most so much of what a client sent is quoted. */
const MAX_QUOTED = 40;

/** Words for the types of zod. */
const KINDS: Readonly<Record<string, string>> = {
  string: 'a string',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  object: 'an object',
  record: 'an object',
  array: 'an array',
  undefined: 'nothing',
  null: 'null',
};

/** Says what was expected, for schemas without a message of their own. */
export const expectation: z.core.$ZodErrorMap = (issue) => {
  switch (issue.code) {
    case 'invalid_type':
      return `expected ${KINDS[issue.expected] ?? issue.expected}`;
    case 'invalid_value':
      return `expected ${issue.values.length === 1 ? '' : 'one of '}${issue.values.map(quoted).join(', ')}`;
    case 'unrecognized_keys':
      return 'expected no such field';
    case 'invalid_key':
      return `${issue.issues[0]?.message ?? 'expected another name'} as name`;
    default:
      return 'expected another value';
  }
};

/** Quotes a client's value for a message: short, in printable ASCII, objects and arrays only by type. */
export function quoted(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (Array.isArray(value)) return 'an array';
  if (typeof value === 'object' && value !== null) return 'an object';
  if (typeof value !== 'string') return JSON.stringify(value);
  return `${printable(JSON.stringify(value.slice(0, MAX_QUOTED)))}${value.length > MAX_QUOTED ? '…' : ''}`;
}

/** The path of a field, joined by dots. Names may come from a client, so they are escaped and cut. */
export function pathOf(names: readonly PropertyKey[]): string {
  return names.map((name) => printable(String(name).slice(0, 2 * MAX_QUOTED))).join('.');
}

/** Escapes all that a terminal might obey or reorder. */
function printable(text: string): string {
  return text.replace(/[^ -~]/g, (unit) => {
    return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}
