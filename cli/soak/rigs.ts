import os from 'node:os';
import { createKernel } from '../../src/mining/kernels/choose';
import { RIG_ADDRESS } from './addresses';
import { ask } from './ask';
import { Rig, type RigEvent, type RigOptions } from './rig';

// Honest devices on the side port of an attacked node, in a separate process. argv: the side port. On its
// channel it receives the current round and reports what happened to the shares and which of them are shown.

const AUDIT_EVERY_MS = 5000;
const SHOWN = 50;

/** What GET /audit shows. */
export interface Shown {
  readonly type: 'shown';
  readonly valid: number;
  readonly invalid: number;
}

const port = Number(process.argv[2]);
// The attacked node comes first on this machine's processors.
os.setPriority(os.constants.priority.PRIORITY_LOW);

let round = 0;
const tell = (event: RigEvent | Shown): void => void process.send!(event);

/** The third has the first one's name and guesses its ids. */
const devices: Pick<RigOptions, 'name' | 'address'>[] = [
  { name: 'rig-a', address: RIG_ADDRESS },
  { name: 'rig-b', address: '127.0.0.12' },
  { name: 'rig-a', address: '127.0.0.13' },
];
for (const device of devices) {
  const rig = new Rig({ ...device, port, kernel: createKernel('auto'), tell });
  void rig.run(() => round, new AbortController().signal);
}

setInterval(() => {
  ask({ port, path: `/audit?limit=${SHOWN}`, from: '127.0.0.14' }).then(
    ({ body }) => {
      const shares = (JSON.parse(body) as { recent_shares: { valid: boolean }[] }).recent_shares;
      const valid = shares.filter((share) => share.valid).length;
      tell({ type: 'shown', valid, invalid: shares.length - valid });
    },
    () => undefined,
  );
}, AUDIT_EVERY_MS);
process.on('message', (told: { round: number }) => (round = told.round));
process.once('disconnect', () => process.exit());
