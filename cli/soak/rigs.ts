import os from 'node:os';
import { createKernel } from '../../src/mining/kernels/choose';
import { RIG_ADDRESS } from './addresses';
import { ask } from './ask';
import { Rig, type RigEvent, type RigOptions } from './rig';

// Honest devices on the side port of a node that is attacked, in a process of their own. argv: the side port. On its
// channel it is told which round runs, and tells what became of the shares and which of them are shown.

const AUDIT_EVERY_MS = 5000;
const SHOWN = 50;

/** What GET /audit shows. */
export interface Shown {
  readonly type: 'shown';
  readonly valid: number;
  readonly invalid: number;
}

const port = Number(process.argv[2]);
// The machine's processors are for whom is attacked.
os.setPriority(os.constants.priority.PRIORITY_LOW);

let round = 0;
const tell = (event: RigEvent | Shown): void => void process.send!(event);

/** The third has the name of the first, and guesses its ids. */
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
