import { TaskManager } from '../../sdk-stand-in/task-manager/task-manager';
import type { UserFunctions } from '../../sdk-stand-in/task-manager/types';

/** A manager with all six functions; those not given must not be called. */
export function managerWith(functions: Partial<UserFunctions>): TaskManager {
  const unexpected = () => Promise.reject(new Error('not expected to be called'));
  const manager = new TaskManager();
  manager.initialize({
    setup: unexpected,
    task: unexpected,
    submission: unexpected,
    audit: unexpected,
    distribution: unexpected,
    routes: unexpected,
    ...functions,
  });
  return manager;
}
