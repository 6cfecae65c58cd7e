import { takeOverOutput } from './process/output';

/** Where a node puts the secret of its calls when it forks the task. */
const SECRET_ARGUMENT = 7;

// Before the SDK, which prints when it is loaded, and with a call that failed the secret it was made with.
takeOverOutput(process.argv[SECRET_ARGUMENT]);
void import(/* webpackMode: "eager" */ './index');
