import logUpdate from 'log-update';
import { count, duration, si } from '../../src/format';
import type { RemoteMiner, Totals } from './remote-miner';

const FRAME_MS = 500;
const LINE_MS = 10_000;

/** Shows a worker's progress: in a terminal a line that is redrawn, elsewhere a line now and then. */
export class Progress {
  private timer: NodeJS.Timeout | undefined;

  start(miner: RemoteMiner): void {
    this.timer = process.stdout.isTTY
      ? setInterval(() => logUpdate(line(miner)), FRAME_MS)
      : setInterval(() => console.log(line(miner)), LINE_MS);
  }

  /** Prints a line that stays. */
  note(text: string): void {
    if (process.stdout.isTTY) logUpdate.clear();
    console.log(text);
  }

  /** Ends with a summary. */
  stop(totals: Totals): void {
    clearInterval(this.timer);
    if (process.stdout.isTTY) logUpdate.clear();
    console.log(summary(totals));
  }
}

function line({
  round,
  hashrateHps,
  accepted,
  rejected,
  waiting,
  nodeIsAway,
}: RemoteMiner): string {
  const state = [
    ...(nodeIsAway ? ['node away'] : []),
    ...(round === undefined ? (nodeIsAway ? [] : ['waiting for a round']) : [`round ${round}`]),
  ].join(', ');
  const shares = `shares: ${accepted} accepted, ${rejected} rejected`;
  return `${state}: ${si(hashrateHps, 'H/s')}, ${shares}${waiting > 0 ? `, ${waiting} waiting` : ''}`;
}

/** A run's totals on one line. */
export function summary({ hashes, minedMs, accepted, rejected, unsubmitted }: Totals): string {
  if (hashes === 0) return 'mined nothing: no hash was done';
  const rate = si((hashes * 1000) / minedMs, 'H/s');
  const lost = unsubmitted > 0 ? `, ${unsubmitted} not submitted` : '';
  const shares = `${count(accepted, 'share')} accepted, ${rejected} rejected${lost}`;
  return `mined for ${duration(minedMs)}: ${rate} on average, ${si(hashes)} hashes; ${shares}`;
}
