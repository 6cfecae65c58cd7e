import { isMainThread } from 'node:worker_threads';
import { takeOverOutput } from './process/output';

// One file, two programs: a node forks it as the task, and the task starts it again for its mining
// threads, which must load neither the SDK nor a server.
if (isMainThread) {
  // Before the SDK, which prints when it is loaded.
  takeOverOutput();
  void import(/* webpackMode: "eager" */ './index');
} else void import(/* webpackMode: "eager" */ './mining/thread');
