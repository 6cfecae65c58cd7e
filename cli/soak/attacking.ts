import os from 'node:os';
import { ATTACKS } from './attackers';

// A process of its own, so that what measures beside it is not held up. argv: the port that is attacked.

const TELL_MS = 1000;

/** How an attack's requests ended, by outcome. */
export type Tally = Record<string, number>;
/** By the name of the attack. */
export type Tallies = Record<string, Tally>;

const port = Number(process.argv[2]);
// Strangers bring processors of their own: they shall not take this machine's from whom they attack.
os.setPriority(os.constants.priority.PRIORITY_LOW);

const tallies: Tallies = {};
for (const attack of ATTACKS) {
  const tally: Tally = (tallies[attack.name] = {});
  const tell = (outcome: string): void => void (tally[outcome] = (tally[outcome] ?? 0) + 1);
  void attack.run(port, tell, new AbortController().signal);
}
setInterval(() => process.send!(tallies), TELL_MS);
process.once('disconnect', () => process.exit());
