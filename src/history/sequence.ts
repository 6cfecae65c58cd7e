/**
 * Values in the order in which they came. Each has a place in it for as long as this process runs, by which a reader
 * tells what it has seen; the clock may move as it likes.
 */
export class Sequence<T> {
  private entries: { place: number; value: T }[] = [];
  private newest = 0;

  constructor(values: readonly T[]) {
    for (const value of values) this.add(value);
  }

  /** Place of the newest that ever came; 0 before the first. */
  get last(): number {
    return this.newest;
  }

  get values(): T[] {
    return this.entries.map(({ value }) => value);
  }

  /** Those behind a place, oldest first. */
  after(place: number): T[] {
    return this.entries.filter((entry) => entry.place > place).map(({ value }) => value);
  }

  add(value: T): void {
    this.entries.push({ place: ++this.newest, value });
  }

  keep(isKept: (value: T) => boolean): void {
    this.entries = this.entries.filter(({ value }) => isKept(value));
  }

  /** Changes values where they stand. */
  change(changed: (value: T) => T): void {
    this.entries = this.entries.map(({ place, value }) => ({ place, value: changed(value) }));
  }
}
