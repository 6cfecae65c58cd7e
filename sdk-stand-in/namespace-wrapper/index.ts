// The stand-in for @_koii/namespace-wrapper, used where npm could not install the official package.
import { EXPRESS_PORT, MAIN_ACCOUNT_PUBKEY, SECRET_KEY, TASK_ID, TASK_NODE_PORT } from './launch';
import { LocalWrapper } from './local-wrapper';
import type { NamespaceWrapper } from './namespace-wrapper';
import { nodeClient } from './node-client';
import { NodeWrapper } from './node-wrapper';
import { createApp, listen } from './server';

export {
  K2_NODE_URL,
  MAIN_ACCOUNT_PUBKEY,
  SECRET_KEY,
  SERVICE_URL,
  STAKE,
  TASK_ID,
  TASK_NODE_PORT,
  taskNodeAdministered,
} from './launch';

export const app = createApp();
export const _server = listen(app, EXPRESS_PORT);

export const namespaceWrapper: NamespaceWrapper = TASK_ID
  ? new NodeWrapper(
      nodeClient({ port: TASK_NODE_PORT, taskId: TASK_ID, secret: SECRET_KEY }),
      MAIN_ACCOUNT_PUBKEY,
    )
  : new LocalWrapper();
