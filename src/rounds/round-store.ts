import type { Log } from '../log';
import type { KeyValueStore } from './key-value-store';
import { Round, type Identity } from './round';
import { roundRecordSchema } from './round-record';

/** Rounds share this many slots, so the store never grows. */
const SLOTS = 8;

/** Keeps the last rounds of this node. */
export class RoundStore {
  constructor(
    private readonly store: KeyValueStore,
    private readonly identity: Identity,
    private readonly log: Log,
  ) {}

  /** The round as it was saved; undefined when it never was, or its slot holds garbage or another round. */
  async load(round: number): Promise<Round | undefined> {
    const text = await this.store.get(slotOf(round));
    if (text === null) return undefined;
    try {
      const record = roundRecordSchema.parse(JSON.parse(text));
      return record.round === round ? Round.restore(this.identity, record) : undefined;
    } catch (error) {
      this.log.warn(
        { error },
        `the store's record of round ${round} is unreadable: starting afresh`,
      );
      return undefined;
    }
  }

  /** @throws when it could not be written. */
  async save(round: Round): Promise<void> {
    await this.store.set(slotOf(round.number), JSON.stringify(round.toRecord()));
  }
}

function slotOf(round: number): string {
  return `round:${round % SLOTS}`;
}
