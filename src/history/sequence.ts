/**
 * Values in the order they came. Each keeps its place for as long as this process runs, so that a reader knows what it
 * has seen, however the clock moves.
 */
export class Sequence<T> {
  private entries: { place: number; value: T }[] = [];
  private newest = 0;

  constructor(values: readonly T[]) {
    for (const value of values) this.add(value);
  }

  /** Place of the newest value ever added; 0 before the first. */
  get last(): number {
    return this.newest;
  }

  get values(): T[] {
    return this.entries.map(({ value }) => value);
  }

  /** The values after a place, oldest first. */
  after(place: number): T[] {
    return this.entries.filter((entry) => entry.place > place).map(({ value }) => value);
  }

  add(value: T): void {
    this.entries.push({ place: ++this.newest, value });
  }

  keep(isKept: (value: T) => boolean): void {
    this.entries = this.entries.filter(({ value }) => isKept(value));
  }

  /** Changes values in place. */
  change(changed: (value: T) => T): void {
    this.entries = this.entries.map(({ place, value }) => ({ place, value: changed(value) }));
  }
}
