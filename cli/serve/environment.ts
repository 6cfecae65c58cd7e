import path from 'node:path';
import { ConfigError } from '../../src/settings/schema';
import { decodeKey, identityOf, type Identity } from '../../src/work/identity';

/** The variables of a standalone node besides the task's own. */
export interface Environment {
  identity: Identity;
  /** STATE_DIR as given, or its default. */
  stateDir: string;
  /** The folder below it for this identity's state. */
  directory: string;
}

const DEFAULT_STATE_DIR = 'orca-state';

/** Keys that belong to nobody, for trying things (docs/API.md). */
const EXAMPLES = {
  TASK_ID: 'US517G5965aydkZ46HS38QLi7UQiSojurfbQfKCELFx',
  SUBMITTER_PUBLIC_KEY: 'YMN9Qj5jPNp7j14VPcML1B6xGgcPWVZUGLFU3Mnyfaf',
};

/** @throws ConfigError that names each variable that is missing or unusable. */
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
  // State is useless to another identity.
  const own = `${env['TASK_ID']!.trim()}-${env['SUBMITTER_PUBLIC_KEY']!.trim()}`;
  return {
    identity: identityOf(taskId, submitter),
    stateDir,
    directory: path.resolve(stateDir, own),
  };
}
