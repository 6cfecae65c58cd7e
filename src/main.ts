import { isMainThread } from 'node:worker_threads';

// One file, two programs: a node forks it as the task, and the task starts it again for its mining
// threads, which must load neither the SDK nor a server.
if (isMainThread) void import(/* webpackMode: "eager" */ './index');
else void import(/* webpackMode: "eager" */ './mining/thread');
