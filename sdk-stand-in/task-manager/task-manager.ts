import type { UserFunctions } from './types';

const READY_WITHIN_MS = 2000;
const FUNCTION_NAMES = ['setup', 'task', 'submission', 'audit', 'distribution', 'routes'] as const;

/** Holds the task's functions once they are registered. */
export class TaskManager {
  readonly #ready: Promise<UserFunctions>;
  #resolve!: (functions: UserFunctions) => void;

  constructor() {
    this.#ready = new Promise((resolve) => (this.#resolve = resolve));
  }

  /** @throws if one of the six functions is missing or is not a function */
  initialize(functions: UserFunctions): void {
    const missing = FUNCTION_NAMES.filter((name) => typeof functions[name] !== 'function');
    if (missing.length > 0) throw new Error(`Missing required functions: ${missing.join(', ')}`);
    this.#resolve(functions);
  }

  /** Rejects if the task has not registered its functions within two seconds. */
  async functions(): Promise<UserFunctions> {
    let timer: NodeJS.Timeout | undefined;
    const tooLate = new Promise<never>((_resolve, reject) => {
      const error = new Error('Task manager is not ready after 2 seconds.');
      timer = setTimeout(() => reject(error), READY_WITHIN_MS);
    });
    try {
      return await Promise.race([this.#ready, tooLate]);
    } finally {
      clearTimeout(timer);
    }
  }
}
