import { takeOverOutput } from './process/output';

/** The index of the argument in which a node passes the secret of its calls when it forks the task. */
const SECRET_ARGUMENT = 7;

// Before the SDK is loaded, since it prints then, and prints the secret along with a call that failed.
takeOverOutput(process.argv[SECRET_ARGUMENT]);
void import(/* webpackMode: "eager" */ './index');
