import { describeUnreadOutput } from './unread-output';

describeUnreadOutput('this Node', () => process.execPath);
