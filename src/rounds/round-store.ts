import type { Log } from '../process/log';
import type { KeyValueStore } from '../store/store';
import type { Round } from './round';
import { roundRecordSchema, type RoundRecord } from './round-record';

/** Rounds share this many slots, so the store never grows. */
const SLOTS = 8;

/** Stores this node's last rounds. */
export class RoundStore {
  /** Contents of the slots once read or written: no request for a round, maybe a stranger's, reaches the disk. */
  private readonly slots = new Map<string, Promise<string | null>>();
  /** Rounds restored from the slots. Restoring one hashes all its shares again, so it is done once. */
  private readonly made = new Map<string, { of: string; round: Round | undefined }>();
  private writing: Promise<void> = Promise.resolve();

  constructor(
    private readonly store: KeyValueStore,
    /** Restores a round from its record; undefined when it is of no use to this node. @throws when it is garbage */
    private readonly restored: (record: RoundRecord) => Round | undefined,
    private readonly log: Log,
  ) {}

  /**
   * The round as it was saved, the same object until it is saved again; undefined when it never was, or its slot
   * holds garbage, another round or another account's.
   */
  async load(round: number): Promise<Round | undefined> {
    const text = await this.read(slotOf(round));
    if (text === null) return undefined;
    try {
      const made = this.restore(slotOf(round), text);
      return made?.number === round ? made : undefined;
    } catch (error) {
      this.log.warn(
        { error },
        `the store's record of round ${round} is unreadable: starting afresh`,
      );
      this.slots.set(slotOf(round), Promise.resolve(null));
      return undefined;
    }
  }

  /** The round whose record would be replaced by saving this one; undefined when there is none that can be read. */
  async inPlaceOf(round: number): Promise<number | undefined> {
    const text = await this.read(slotOf(round));
    try {
      return text === null ? undefined : roundRecordSchema.parse(JSON.parse(text)).round;
    } catch {
      return undefined;
    }
  }

  /**
   * Writes a round as it is now, after all earlier writes. Of two writes at once the older could end last, and a
   * later process would lease again what the newer one says is leased.
   * @throws when it could not be written.
   */
  async save(round: Round): Promise<void> {
    const record = round.toRecord();
    const shares = [...round.shares];
    const text = JSON.stringify(record);
    const written = this.writing.then(async () => {
      await this.store.set(slotOf(round.number), text);
      this.slots.set(slotOf(round.number), Promise.resolve(text));
      round.stored(record, shares);
    });
    this.writing = written.catch(() => undefined);
    await written;
  }

  /** @throws when it is not a record */
  private restore(slot: string, text: string): Round | undefined {
    const known = this.made.get(slot);
    if (known?.of === text) return known.round;
    const round = this.restored(roundRecordSchema.parse(JSON.parse(text)));
    this.made.set(slot, { of: text, round });
    return round;
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
