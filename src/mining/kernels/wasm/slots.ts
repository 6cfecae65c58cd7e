import { isLeaf, type Word } from './dag';

/** Uniform words that the loop reads from memory, 4 bytes each, in the order of first use. */
export class SlotTable {
  readonly words: Word[] = [];
  readonly #offsets = new Map<string, number>();
  readonly #keys = new Map<Word, string>();
  readonly #ids = new Map<string, number>();

  /** @param size what the table may take, in bytes. */
  constructor(readonly size: number) {}

  /** Offset of the word's value in the table, in bytes; the same for equal expressions. */
  offsetOf(word: Word): number {
    const key = this.#keyOf(word);
    let offset = this.#offsets.get(key);
    if (offset === undefined) {
      offset = 4 * (this.words.push(word) - 1);
      if (offset >= this.size) throw new RangeError(`more slots than ${this.size} bytes hold`);
      this.#offsets.set(key, offset);
    }
    return offset;
  }

  /** Equal for equal expressions, and short however large they are. */
  #keyOf(word: Word): string {
    let key = this.#keys.get(word);
    if (key === undefined) {
      const text = isLeaf(word)
        ? JSON.stringify(word.source)
        : `${word.operator} ${this.#keyOf(word.left)} ${this.#keyOf(word.right)}`;
      const id = this.#ids.get(text) ?? this.#ids.size;
      this.#ids.set(text, id);
      key = `#${id}`;
      this.#keys.set(word, key);
    }
    return key;
  }
}
