import path from 'node:path';
import type { Identity } from '../../src/rounds/round';
import { ConfigError } from '../../src/settings/environment';
import { decodeKey } from '../../src/template/koii';

/** What a standalone node is told besides the task's own variables. */
export interface Environment {
  identity: Identity;
  /** Where this identity's state is kept. */
  directory: string;
}

const DEFAULT_STATE_DIR = 'orca-state';

/** @throws ConfigError that names each variable that is missing or can't be used. */
export function loadEnvironment(env: Readonly<Record<string, string | undefined>>): Environment {
  const problems: string[] = [];
  const key = (name: string, what: string): Uint8Array => {
    const value = env[name]?.trim();
    if (!value) problems.push(`${name}: expected ${what} in base58, got nothing`);
    else {
      try {
        return decodeKey(value);
      } catch {
        problems.push(`${name}: expected ${what} in base58, got ${JSON.stringify(value)}`);
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
  return { identity: { taskId, submitter }, directory: path.resolve(stateDir, own) };
}
