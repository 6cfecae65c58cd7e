import { node18 } from '../fixtures/node18';
import { describeUnreadOutput } from './unread-output';

describeUnreadOutput('Node 18.12', node18);
