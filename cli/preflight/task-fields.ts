import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { parse } from 'yaml';
import { reasonOf } from '../reason';

/** The fields of a config-task.yml, as they stand in it. */
export type TaskFields = Readonly<Record<string, unknown>>;

/**
 * Reads a config-task.yml. A description in a file of its own (markdownDescriptionPath) takes the place of the field, as
 * create-task-cli has it.
 * @throws Error that names the path and says why it can't be used
 */
export function readTaskFields(path: string): { fields: TaskFields; text: string } {
  const text = readText(path);
  let fields: unknown;
  try {
    fields = parse(text);
  } catch (error) {
    // The parser shows the place in further lines.
    const [message] = (error as Error).message.split('\n');
    throw new Error(`${path} is not YAML: ${message}`, { cause: error });
  }
  if (typeof fields !== 'object' || fields === null || Array.isArray(fields)) {
    throw new Error(`${path} has no fields`);
  }
  const all = fields as TaskFields;
  const markdown = all['markdownDescriptionPath'];
  if (typeof markdown !== 'string' || markdown === '') return { fields: all, text };
  return {
    fields: { ...all, description: readText(resolve(dirname(path), markdown)) },
    text,
  };
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new Error(`${path} can't be read: ${reasonOf(error)}`, { cause: error });
  }
}

export const VARIABLE_TAGS = ['GLOBAL_VARIABLE', 'TASK_VARIABLE'];

/** The requirementsTags; undefined where the field is no list of objects. */
export function tagsOf(
  task: TaskFields,
): readonly { readonly type?: unknown; readonly value?: unknown }[] | undefined {
  const tags = task['requirementsTags'];
  const isObject = (tag: unknown): tag is object => typeof tag === 'object' && tag !== null;
  return Array.isArray(tags) && tags.every(isObject) ? tags : undefined;
}
