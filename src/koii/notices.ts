import type { Notice } from '../notices/notice';
import { callNode } from './calls';
import { localTestMode, namespaceWrapper } from './sdk';

/** Another try might show a notice twice, so a slow node is waited for. */
const TIMEOUT_MS = 60_000;

/**
 * Has the desktop node show a notice. In the SDK's local test mode nobody would see it, and the log says the same.
 * @throws NodeCallError when it may not have been shown
 */
export async function showInNode({ level, message, action }: Notice): Promise<void> {
  if (localTestMode) return;
  type Level = Parameters<typeof namespaceWrapper.logger>[0];
  await callNode(
    'logger',
    () => namespaceWrapper.logger(level as Level, message, action),
    (answer: unknown) => {
      // The SDK documents true; a node that returns nothing has shown it as well.
      if (answer !== true && answer !== undefined) throw new Error('the node did not show it');
    },
    TIMEOUT_MS,
  );
}
