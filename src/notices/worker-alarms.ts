import type { Notices } from './notices';

/** In so many checks, ten seconds apart, a worker must have had new shares before it is missed. */
const STEADY_LOOKS = 30;
/** A worker is gone after 15 minutes of mined rounds without a share of it. */
const GONE_LOOKS = 90;
/** After two hours more nobody waits for it any longer. */
const FORGOTTEN_LOOKS = 720;
/** Workers that a notice names. */
const MAX_NAMED = 5;
/** Longest name in a notice, in characters. */
const MAX_NAME = 24;

/** The remote workers, as plain facts, and where it is reported that one is gone. */
export interface WatchedWorkers {
  workers: { list(): readonly { readonly id: string; readonly accepted: number }[] };
  /** Undefined between rounds, where no worker can have shares. */
  miner: { readonly miningRound: number | undefined };
  notices: Pick<Notices, 'alarm' | 'well'>;
}

interface Seen {
  accepted: number;
  /** Checks that found new shares. */
  steady: number;
  /** Checks in mined rounds since the last share. */
  missed: number;
}

/** Watches for remote workers that mined steadily and no longer do. */
export class WorkerAlarms {
  private seen = new Map<string, Seen>();
  /** Those whose absence lasts. */
  private readonly gone = new Set<string>();
  private readonly back = new Set<string>();
  private readonly forgotten = new Set<string>();

  /** @param lookMs how far the checks are apart */
  constructor(
    private readonly watched: WatchedWorkers,
    private readonly lookMs: number,
  ) {}

  look(): void {
    const { miner, workers } = this.watched;
    const isMining = miner.miningRound !== undefined;
    // Only those still listed are kept, which bounds them.
    this.seen = new Map(
      workers.list().map(({ id, accepted }) => [id, this.seeAgain(id, accepted, isMining)]),
    );
    const wereGone = this.gone.size > 0;
    for (const [id, { steady, missed }] of this.seen) {
      if (steady < STEADY_LOOKS || missed < GONE_LOOKS) continue;
      this.gone.add(id);
      this.back.delete(id);
    }
    for (const id of this.gone) this.lookAtGone(id);
    if (this.gone.size > 0) this.tellGone();
    else this.tellWell(wereGone);
  }

  private seeAgain(id: string, accepted: number, isMining: boolean): Seen {
    // What it had before this process looked for the first time is no sign of steady mining.
    const before = this.seen.get(id) ?? { accepted, steady: 0, missed: 0 };
    if (accepted === before.accepted) {
      return { accepted, steady: before.steady, missed: before.missed + Number(isMining) };
    }
    return { accepted, steady: before.steady + 1, missed: 0 };
  }

  private lookAtGone(id: string): void {
    const seen = this.seen.get(id);
    if (seen?.missed === 0) this.back.add(id);
    else if (!seen || seen.missed >= GONE_LOOKS + FORGOTTEN_LOOKS) this.forgotten.add(id);
    else return;
    this.gone.delete(id);
    // Whoever is no longer waited for must mine steadily again before it is missed.
    if (seen && seen.missed > 0)
      this.seen.set(id, { accepted: seen.accepted, steady: 0, missed: 0 });
  }

  private tellGone(): void {
    const [names, have] = [namesOf(this.gone), this.gone.size === 1 ? 'has' : 'have'];
    this.watched.notices.alarm(
      'worker',
      {
        level: 'warn',
        message: `${names} ${have} sent no share for a quarter of an hour, though rounds are mined. See whether the miner runs and reaches this node.`,
        action: 'Look at the miner',
      },
      Date.now() - GONE_LOOKS * this.lookMs,
    );
  }

  /** @param wereGone whether any was until now; if not, an alarm of an earlier process may last */
  private tellWell(wereGone: boolean): void {
    if (!wereGone) return this.tellWellOfEarlier();
    const parts = [
      this.back.size > 0
        ? `${namesOf(this.back)} ${this.back.size === 1 ? 'mines' : 'mine'} again`
        : '',
      this.forgotten.size > 0
        ? `${namesOf(this.forgotten)} ${this.forgotten.size === 1 ? 'is' : 'are'} no longer waited for`
        : '',
    ];
    this.watched.notices.well('worker', parts.filter(Boolean).join('; '));
    this.back.clear();
    this.forgotten.clear();
  }

  /** Who was missed before a restart isn't known, but that workers mine steadily is. */
  private tellWellOfEarlier(): void {
    if (
      [...this.seen.values()].some(({ steady, missed }) => steady >= STEADY_LOOKS && missed === 0)
    ) {
      this.watched.notices.well('worker', 'Workers mine steadily');
    }
  }
}

/** Anybody can send any name: only what names are made of is repeated, and not at any length. */
function namesOf(ids: ReadonlySet<string>): string {
  const names = [...ids].slice(0, MAX_NAMED).map((id) =>
    [...id]
      .slice(0, MAX_NAME)
      .map((character) => (/[\p{L}\p{N}._-]/u.test(character) ? character : '?'))
      .join(''),
  );
  const more = ids.size - names.length;
  const listed = more > 0 ? [...names, `${more} more`] : names;
  const what = ids.size === 1 ? 'Worker' : 'Workers';
  return `${what} ${listed.join(', ')}`;
}
