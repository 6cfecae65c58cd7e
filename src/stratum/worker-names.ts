import { timingSafeEqual } from 'node:crypto';
import { sha256 } from '../bitcoin/sha256';
import { LOCAL_WORKER } from '../rounds/share-batches';
import { CODES, NoStratumError, StratumError } from './messages';

/** Names of a proxy's miners. */
const MAX_NAMES = 32;
/** Wrong passwords after which the connection is closed: new ones are limited, too. */
const MAX_WRONG = 10;
/** So much of a name, and of what a miner calls itself, is shown. */
const SHOWN_CHARACTERS = 64;

/** The workers that one connection mines for. */
export class WorkerNames {
  /** Ids of workers by the names as the miner writes them. */
  private readonly byName = new Map<string, string>();
  private wrong = 0;

  /** @param password one item of each password must be it; empty if there is none */
  constructor(private readonly password: string) {}

  /**
   * Lets the miner submit under a name.
   * @param items of its password
   * @returns the worker's id
   * @throws StratumError 24 for another password, or too many names
   * @throws NoStratumError after too many wrong passwords
   */
  authorize(name: string, items: readonly string[]): string {
    if (this.password !== '' && !items.some((item) => isSame(item, this.password))) {
      if (++this.wrong > MAX_WRONG) throw new NoStratumError('it guesses passwords');
      throw new StratumError(CODES.unauthorized, 'Unauthorized worker: wrong password');
    }
    if (!this.byName.has(name) && this.byName.size >= MAX_NAMES) {
      const message = `Unauthorized worker: at most ${MAX_NAMES} names a connection`;
      throw new StratumError(CODES.unauthorized, message);
    }
    const id = workerIdOf(name);
    this.byName.set(name, id);
    return id;
  }

  /** The worker's id; undefined for a name that was not authorized. */
  idOf(name: unknown): string | undefined {
    return this.byName.get(name as string);
  }

  /** The workers' ids, the first authorized first. */
  get ids(): readonly string[] {
    return [...this.byName.values()];
  }
}

/** What a miner calls itself or its worker, as it is shown and logged: 64 characters, none of which does anything. */
export function printable(text: string): string {
  return text
    .replace(/[^\x20-\x7e]/g, '?')
    .trim()
    .slice(0, SHOWN_CHARACTERS);
}

/** Never that of this node's own threads, and never empty. */
function workerIdOf(name: string): string {
  const id = printable(name) || 'unnamed';
  return id === LOCAL_WORKER ? `${LOCAL_WORKER}-miner` : id;
}

/** In a time that tells nothing about where they differ. */
function isSame(a: string, b: string): boolean {
  return timingSafeEqual(sha256(Buffer.from(a)), sha256(Buffer.from(b)));
}
