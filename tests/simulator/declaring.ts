import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Writes the toy's deployment with additional variables, by name, into the directory. @returns its path */
export function toyDeclaring(directory: string, tags: Readonly<Record<string, string>>): string {
  const lines = Object.entries(tags).map(
    ([value, type]) => `  - { type: ${type}, value: ${value} }\n`,
  );
  const path = join(directory, 'declaring.yml');
  writeFileSync(path, readFileSync('tests/fixtures/toy-task.yml', 'utf8') + lines.join(''));
  return path;
}
