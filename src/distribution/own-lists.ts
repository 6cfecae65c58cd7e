import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Clock } from '../process/clock';
import type { Verdict } from '../proof/verify';
import type { Submissions } from '../work/seed';
import type { Ledger } from './ledger';
import { sharePayouts, type Payouts } from './payouts';

/** This node's list of a round, and what it was made from. */
export interface OwnList {
  round: number;
  /** What the submitters share, in the token's smallest unit. */
  bounty: bigint;
  amounts: Payouts;
  submissions: Submissions;
  /** When they were read, Clock's ms. */
  readAt: number;
  /** On each submitter's proof. */
  verdicts: ReadonlyMap<string, Verdict>;
}

/**
 * Judges all proofs of a round, in their order.
 * @param untilMs by the Clock: from then on a verdict is of no use
 * @throws when this node lacks what it needs
 */
export type JudgeAll = (
  round: number,
  submissions: Submissions,
  untilMs: number,
) => Promise<Verdict[]>;

/** As many rounds as may still have a list due, and one more. */
const KEPT = 5;

/** Makes this node's list of each round, once. For a round without submissions only an empty one is right. */
export class OwnLists {
  private readonly lists = new Map<number, Promise<OwnList>>();

  constructor(
    private readonly ledger: Pick<Ledger, 'submissions' | 'bounty'>,
    private readonly clock: Pick<Clock, 'now'>,
    private readonly judge: JudgeAll,
    private readonly onList: (own: OwnList) => void,
  ) {}

  /** @throws when it can't be made now; the next call tries again */
  of(round: number, untilMs: number): Promise<OwnList> {
    let list = this.lists.get(round);
    if (!list) {
      list = this.ledger
        .submissions(round)
        .then((submissions) => this.make(round, submissions, untilMs));
      this.keep(round, list);
    }
    return list;
  }

  /** The list made from what the chain shows now: the same object if nothing has changed. */
  async again(round: number, untilMs: number): Promise<OwnList> {
    const before = await this.of(round, untilMs);
    const submissions = await this.ledger.submissions(round);
    if (areSame(before.submissions, submissions)) return before;
    const list = this.make(round, submissions, untilMs);
    this.keep(round, list);
    return list;
  }

  /** For a reset of the network, after which the numbers mean other rounds. */
  forget(): void {
    this.lists.clear();
  }

  private async make(round: number, submissions: Submissions, untilMs: number): Promise<OwnList> {
    const readAt = this.clock.now();
    const bounty = await this.ledger.bounty();
    const { amounts, verdicts } = await makeList(submissions, bounty, () =>
      this.judge(round, submissions, untilMs),
    );
    const own = { round, bounty, amounts, submissions, readAt, verdicts };
    this.onList(own);
    return own;
  }

  private keep(round: number, list: Promise<OwnList>): void {
    this.lists.set(round, list);
    // Far higher numbers are from before a reset of the chain.
    for (const other of this.lists.keys()) {
      if (Math.abs(other - round) >= KEPT) this.lists.delete(other);
    }
    list.catch(() => {
      if (this.lists.get(round) === list) this.lists.delete(round);
    });
  }
}

/**
 * Judges what a round submitted, and shares its bounty by the verdicts.
 * @param bounty in the token's smallest unit, from 0
 * @param judge gives the verdicts in the order of the submissions
 * @throws what `judge` throws
 */
export async function makeList(
  submissions: Submissions,
  bounty: bigint,
  judge: () => Promise<Verdict[]>,
): Promise<Pick<OwnList, 'amounts' | 'verdicts'>> {
  const keys = Object.keys(submissions);
  const found = await judge();
  await nextTurn();
  const judged = keys.map((publicKey, i) => ({ publicKey, verdict: found[i]! }));
  const amounts = sharePayouts(judged, bounty);
  await nextTurn();
  const verdicts = new Map(judged.map(({ publicKey, verdict }) => [publicKey, verdict]));
  return { amounts, verdicts };
}

function areSame(a: Submissions, b: Submissions): boolean {
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => a[key] === b[key]);
}
