import type { z } from 'zod';

// What is told of a value that a schema refuses: "expected X, got Y", whoever wrote the schema.

/** What a client sent is repeated so far. */
const MAX_QUOTED = 40;

/** How schemas' kinds of values are called. */
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

/** What a schema expected, where it doesn't say so itself. */
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

/** A value that a client sent as a message may show it: in printable ASCII, short, and by its kind where it is large. */
export function quoted(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (Array.isArray(value)) return 'an array';
  if (typeof value === 'object' && value !== null) return 'an object';
  if (typeof value !== 'string') return JSON.stringify(value);
  return `${printable(JSON.stringify(value.slice(0, MAX_QUOTED)))}${value.length > MAX_QUOTED ? '…' : ''}`;
}

/** The path of a field with dots; its names may be a client's. */
export function pathOf(names: readonly PropertyKey[]): string {
  return names.map((name) => printable(String(name).slice(0, 2 * MAX_QUOTED))).join('.');
}

/** With an escape for whatever a terminal might obey or show in another order. */
function printable(text: string): string {
  return text.replace(/[^ -~]/g, (unit) => {
    return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}
