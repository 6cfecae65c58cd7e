import path from 'node:path';
import { ConfigError } from '../../src/settings/schema';
import { decodeKey, identityOf, type Identity } from '../../src/work/identity';

/** What a standalone node is told besides the task's own variables. */
export interface Environment {
  identity: Identity;
  /** STATE_DIR as it was given, or its default. */
  stateDir: string;
  /** Where this identity's state is kept, below it. */
  directory: string;
}

const DEFAULT_STATE_DIR = 'orca-state';

/** Keys that nobody has, to try things with (docs/API.md). */
const EXAMPLES = {
  TASK_ID: 'US517G5965aydkZ46HS38QLi7UQiSojurfbQfKCELFx',
  SUBMITTER_PUBLIC_KEY: 'YMN9Qj5jPNp7j14VPcML1B6xGgcPWVZUGLFU3Mnyfaf',
};

/** @throws ConfigError that names each variable that is missing or can't be used. */
export function loadEnvironment(env: Readonly<Record<string, string | undefined>>): Environment {
  const problems: string[] = [];
  const key = (name: keyof typeof EXAMPLES, what: string): Uint8Array => {
    const expected = `${name}: expected ${what} in base58, such as ${EXAMPLES[name]} to try it`;
    const value = env[name]?.trim();
    if (!value) problems.push(`${expected}, got nothing`);
    else {
      try {
        return decodeKey(value);
      } catch {
        problems.push(`${expected}, got ${JSON.stringify(value)}`);
      }
    }
    return new Uint8Array();
  };
  const taskId = key('TASK_ID', "the task's account");
  const submitter = key('SUBMITTER_PUBLIC_KEY', 'the public key that proofs are submitted under');
  if (problems.length > 0) throw new ConfigError(problems.join('\n'));
  const stateDir = env['STATE_DIR']?.trim() || DEFAULT_STATE_DIR;
  // A state is worth nothing to another identity.
  const own = `${env['TASK_ID']!.trim()}-${env['SUBMITTER_PUBLIC_KEY']!.trim()}`;
  return {
    identity: identityOf(taskId, submitter),
    stateDir,
    directory: path.resolve(stateDir, own),
  };
}
