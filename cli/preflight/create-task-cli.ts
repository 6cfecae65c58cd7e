import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { RULES_OF } from './field-rules';
import { fail, pass, shown, warn, type Finding } from './finding';
import type { TaskFields } from './task-fields';

const NAME = '@_koii/create-task-cli';
const STEP = 'create-task-cli';
const TIMEOUT_MS = 20_000;

/** It ends its process where something is wrong, so it gets one of its own. What it is to check comes on stdin. */
const PROGRAM = `
  const [metadata, task] = JSON.parse(require('node:fs').readFileSync(0, 'utf8'));
  require(process.argv[1]).default(metadata, task).then(() => console.log('accepted'));
`;

/** node_modules here, and those of global packages, as npm lays them out. */
function searched(): string[] {
  const bin = dirname(process.execPath);
  return [
    join(process.cwd(), 'node_modules'),
    join(bin, '../lib/node_modules'),
    join(bin, 'node_modules'),
  ];
}

/**
 * Has the validation code of create-task-cli itself look at the fields, where it is installed. It connects to nothing.
 * @param folders of packages, to look for it in
 */
export async function rehearse(task: TaskFields, folders = searched()): Promise<Finding> {
  const folder = folders.map((of) => join(of, NAME)).find((of) => existsSync(of));
  if (folder === undefined) {
    return warn(
      STEP,
      `not installed, so the fields were checked by our copy of the rules of ${RULES_OF}`,
      `Where npm has it: npm install --no-save ${NAME}, and run this again`,
    );
  }
  const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
    version: string;
  };
  const { output, status } = await validate(join(folder, 'build/utils/validate.js'), task);
  if (status === 0 && /^accepted$/m.test(output)) {
    return pass(STEP, `${version} accepts the fields by its own validation`);
  }
  const refusal = /ERROR (\{.*\})/.exec(output)?.[1];
  return refusal === undefined
    ? warn(
        STEP,
        `${version} is installed, and its validation can't be run: ${shown(/^\w*Error: .*$/m.exec(output)?.[0] ?? `status ${status}`)}`,
        `The fields were checked by our copy of the rules of ${RULES_OF}`,
      )
    : fail(STEP, `${version} refuses the fields: ${refusal}`, 'Correct them in config-task.yml');
}

function validate(
  program: string,
  task: TaskFields,
): Promise<{ output: string; status: number | null }> {
  const metadata = { ...task, createdAt: Date.now() };
  // It asks for the CID of the upload, which is not known before.
  const withProgram = { ...task, task_audit_program_id: 'not-uploaded-yet' };
  return new Promise((resolve) => {
    const child = spawn(process.execPath, ['-e', PROGRAM, program], { timeout: TIMEOUT_MS });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => (output += text));
    }
    child.on('error', ({ message }) => resolve({ output: message, status: null }));
    child.on('close', (status) => resolve({ output, status }));
    child.stdin.on('error', () => {}).end(JSON.stringify([metadata, withProgram]));
  });
}
