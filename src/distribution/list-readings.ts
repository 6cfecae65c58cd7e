import { createHash } from 'node:crypto';
import type { Clock } from '../process/clock';
import type { Ledger } from './ledger';
import { amountsIn, readingOf, type Payouts, type Reading } from './payouts';

/** A key that a list pays another amount than this node's own. Amounts are decimal; undefined where it isn't named. */
export interface Difference {
  publicKey: string;
  theirs: string | undefined;
  ours: string | undefined;
}

/** What stands in a list's account, compared with this node's own list. */
export interface ReadList {
  reading: Reading;
  /** What it pays to each key; undefined if it can't be read, is no list of whole numbers, or is one lie too many. */
  amounts: ReadonlyMap<string, string> | undefined;
  /** The first of them, the largest amounts of either list first. */
  differences: readonly Difference[];
  /** How many keys differ in all; undefined if it is no list of whole numbers. */
  differing: number | undefined;
}

/** Whoever owns an account may write it anew until the round is settled. */
const READ_AGAIN_MS = 60_000;
export const MOST_DIFFERENCES = 20;
/** The amounts of so many different texts are kept: honest nodes agree on one, and each more costs memory. */
const MOST_TEXTS = 8;

const UNREADABLE: ReadList = {
  reading: 'unreadable',
  amounts: undefined,
  differences: [],
  differing: undefined,
};

/** Reads the accounts of one round's lists, each once a minute at most, and compares equal texts once. */
export class ListReadings {
  private readonly accounts = new Map<string, { read: ReadList; atMs: number }>();
  private readonly texts = new Map<string, ReadList>();
  private readonly ours: ReadonlyMap<string, string>;
  private lies = 0;

  constructor(
    private readonly ledger: Pick<Ledger, 'contents'>,
    private readonly clock: Pick<Clock, 'now'>,
    private readonly round: number,
    private readonly own: Payouts,
  ) {
    this.ours = new Map(Object.entries(own).map(([key, amount]) => [key, String(amount)]));
  }

  /** How many entries it holds, for who bounds the memory. */
  get size(): number {
    const lists = [...this.texts.values()].filter(({ amounts }) => amounts !== this.ours);
    return lists.reduce(
      (sum, { amounts, differences }) => sum + (amounts?.size ?? 0) + differences.length,
      this.ours.size + this.accounts.size,
    );
  }

  /** @returns undefined when the account can't be read now */
  async of(account: string): Promise<ReadList | undefined> {
    const known = this.accounts.get(account);
    if (known && this.clock.now() - known.atMs < READ_AGAIN_MS) return known.read;
    const text = await this.ledger.contents(account, this.round).catch(() => undefined);
    if (text === undefined) return known?.read;
    const read = this.compare(text);
    this.accounts.set(account, { read, atMs: this.clock.now() });
    return read;
  }

  private compare(text: string): ReadList {
    const hash = createHash('sha256').update(text).digest('base64');
    const known = this.texts.get(hash);
    if (known) return known;
    const read = this.comparedNew(text);
    this.texts.set(hash, read);
    return read;
  }

  private comparedNew(text: string): ReadList {
    const reading = readingOf(text, this.own);
    if (reading === 'unreadable') return UNREADABLE;
    if (reading === 'equal') {
      return { reading, amounts: this.ours, differences: [], differing: 0 };
    }
    const amounts = amountsIn(text);
    if (!amounts) return { reading, amounts, differences: [], differing: undefined };
    const differences = differencesOf(amounts, this.ours);
    return {
      reading,
      amounts: this.lies++ < MOST_TEXTS ? amounts : undefined,
      differences: differences.slice(0, MOST_DIFFERENCES),
      differing: differences.length,
    };
  }
}

function differencesOf(
  theirs: ReadonlyMap<string, string>,
  ours: ReadonlyMap<string, string>,
): Difference[] {
  return [...new Set([...ours.keys(), ...theirs.keys()])]
    .map((publicKey) => ({
      publicKey,
      theirs: theirs.get(publicKey),
      ours: ours.get(publicKey),
    }))
    .filter((each) => each.theirs !== each.ours)
    .sort((a, b) => largest(b) - largest(a));
}

/** Only for the order, so an amount beyond 2^53 may be off. */
function largest({ theirs, ours }: Difference): number {
  return Math.max(Number(theirs ?? 0), Number(ours ?? 0));
}
