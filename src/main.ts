import { isMainThread } from 'node:worker_threads';
import { takeOverOutput } from './process/output';

/** Where a node puts the secret of its calls when it forks the task. */
const SECRET_ARGUMENT = 7;

// One file, two programs: a node forks it as the task, and the task starts it again for its mining
// threads, which must load neither the SDK nor a server.
if (isMainThread) {
  // Before the SDK, which prints when it is loaded, and with a call that failed the secret it was made with.
  takeOverOutput(process.argv[SECRET_ARGUMENT]);
  void import(/* webpackMode: "eager" */ './index');
} else void import(/* webpackMode: "eager" */ './mining/thread');
