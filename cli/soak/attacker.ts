import os from 'node:os';
import type { Attack } from './attack';
import { PUBLIC_ATTACKS } from './public-attacks';
import { SIDE_ATTACKS } from './side-attacks';

// A separate process, so that it does not slow the one that measures. argv: the side port and the public port of the
// attacked node. On its channel it receives the current round and reports how its requests ended.

const TELL_MS = 1000;

/** How an attack's requests ended, by outcome. */
export type Tally = Record<string, number>;
/** By the name of the attack. */
export type Tallies = Record<string, Tally>;

const [sidePort, publicPort] = process.argv.slice(2).map(Number) as [number, number];
// Real strangers bring their own processors: they must not take this machine's from the attacked node.
os.setPriority(os.constants.priority.PRIORITY_LOW);

const tallies: Tallies = {};
const attacked = [
  { port: publicPort, round: 0, attacks: PUBLIC_ATTACKS },
  { port: sidePort, round: 0, attacks: SIDE_ATTACKS },
];
for (const each of attacked) for (const attack of each.attacks) begin(attack, each);

function begin(attack: Attack, of: (typeof attacked)[number]): void {
  const tally: Tally = (tallies[attack.name] = {});
  const tell = (outcome: string): void => void (tally[outcome] = (tally[outcome] ?? 0) + 1);
  void attack.run(of, tell, new AbortController().signal);
}

setInterval(() => process.send!(tallies), TELL_MS);
process.on('message', ({ round }: { round: number }) => {
  for (const each of attacked) each.round = round;
});
process.once('disconnect', () => process.exit());
