import logUpdate from 'log-update';
import { si } from '../../src/format';
import type { RemoteMiner } from './remote-miner';

const FRAME_MS = 500;
const LINE_MS = 10_000;

/** Shows what a worker does: a line that renews itself in a terminal, else a line now and then. */
export class Progress {
  private timer: NodeJS.Timeout | undefined;
  private miner: RemoteMiner | undefined;

  start(miner: RemoteMiner): void {
    this.miner = miner;
    this.timer = process.stdout.isTTY
      ? setInterval(() => logUpdate(line(miner)), FRAME_MS)
      : setInterval(() => console.log(line(miner)), LINE_MS);
  }

  /** A line that stays. */
  note(text: string): void {
    if (process.stdout.isTTY) logUpdate.clear();
    console.log(text);
  }

  /** Ends with the totals. */
  stop(): void {
    clearInterval(this.timer);
    if (process.stdout.isTTY) logUpdate.clear();
    if (this.miner) console.log(line(this.miner));
  }
}

function line({ round, hashrateHps, accepted, rejected, nodeIsAway }: RemoteMiner): string {
  const state = nodeIsAway ? 'node away' : round === undefined ? 'waiting' : `round ${round}`;
  return `${state}: ${si(hashrateHps, 'H/s')}, ${accepted} accepted, ${rejected} rejected`;
}
