import type { Log } from '../log';
import type { KeyValueStore } from './key-value-store';
import { Round, type Identity } from './round';
import { roundRecordSchema, type RoundRecord } from './round-record';

/** Rounds share this many slots, so the store never grows. */
const SLOTS = 8;

/** Keeps the last rounds of this node. */
export class RoundStore {
  /** What slots hold, once read or written: whoever asks for rounds, a stranger say, reaches no disk. */
  private readonly slots = new Map<string, Promise<string | null>>();

  constructor(
    private readonly store: KeyValueStore,
    private readonly identity: Identity,
    private readonly log: Log,
  ) {}

  /** The round as it was saved; undefined when it never was, or its slot holds garbage or another round. */
  async load(round: number): Promise<Round | undefined> {
    const text = await this.read(slotOf(round));
    if (!text) return undefined;
    try {
      const record = roundRecordSchema.parse(JSON.parse(text));
      return record.round === round ? Round.restore(this.identity, record) : undefined;
    } catch (error) {
      this.log.warn(
        { error },
        `the store's record of round ${round} is unreadable: starting afresh`,
      );
      this.slots.set(slotOf(round), Promise.resolve(null));
      return undefined;
    }
  }

  /** The round whose record saving this one would replace; undefined where there is none that can be read. */
  async inPlaceOf(round: number): Promise<number | undefined> {
    return (await this.recordIn(slotOf(round)))?.round;
  }

  /**
   * Forgets the rounds that are closed, so that others of their numbers can be mined after a reset of the network. What
   * is open does no harm: on another seed it is begun anew, on the same it is worth what it was.
   * @throws when it could not be written.
   */
  async forgetClosed(): Promise<void> {
    for (let round = 0; round < SLOTS; round++) {
      const slot = slotOf(round);
      if ((await this.recordIn(slot))?.closed) await this.write(slot, '');
    }
  }

  /** @throws when it could not be written. */
  async save(round: Round): Promise<void> {
    await this.write(slotOf(round.number), JSON.stringify(round.toRecord()));
  }

  private async recordIn(slot: string): Promise<RoundRecord | undefined> {
    try {
      return roundRecordSchema.parse(JSON.parse((await this.read(slot)) ?? ''));
    } catch {
      return undefined;
    }
  }

  private async write(slot: string, text: string): Promise<void> {
    await this.store.set(slot, text);
    this.slots.set(slot, Promise.resolve(text));
  }

  private read(slot: string): Promise<string | null> {
    const known = this.slots.get(slot);
    if (known) return known;
    const text = this.store.get(slot);
    this.slots.set(slot, text);
    text.catch(() => this.slots.delete(slot));
    return text;
  }
}

function slotOf(round: number): string {
  return `round:${round % SLOTS}`;
}
