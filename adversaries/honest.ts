import { namespaceWrapper } from '@_koii/namespace-wrapper';
import { setup } from '../src/task/0-setup';
import { task } from '../src/task/1-task';
import { submission } from '../src/task/2-submission';
import { audit } from '../src/task/3-audit';
import { distribution } from '../src/task/4-distribution';
import { routes } from '../src/task/5-routes';

/** The honest task's six functions, for whatever a cheater does honestly. */
export const honest = { setup, task, submission, audit, distribution, routes };
export type Lifecycle = typeof honest;

/** This node's staking account. */
export async function account() {
  const keypair = await namespaceWrapper.getSubmitterAccount();
  if (!keypair) throw new Error('the node has no submitter account');
  return keypair;
}

/** This node's key on the ledger, base58. */
export async function ownKey(): Promise<string> {
  return (await account()).publicKey.toBase58();
}
