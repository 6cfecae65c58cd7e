import type { FunctionBody, Local } from './encoder';
import {
  Bound,
  constantValue,
  isLeaf,
  isUniform,
  type Leaf,
  type Shift,
  type Word,
} from './expressions';
import { HEADER_TABLE, HEADER_TABLE_SIZE, type Machine, VERSION_TABLE_SIZE } from './machine';

const SHIFTS: ReadonlySet<string> = new Set(['shl', 'shr', 'rotr'] satisfies Shift[]);

/**
 * Turns words into a machine's instructions: a lane-bound word becomes arithmetic, a uniform one a
 * load of the value that the host computed.
 */
export class Emitter {
  /** Constants and what is bound per header, at HEADER_TABLE. */
  readonly headerSlots = new SlotTable(HEADER_TABLE_SIZE);
  /** What is bound per version, at the address in `versionPointer`. */
  readonly versionSlots = new SlotTable(VERSION_TABLE_SIZE);

  readonly #kept = new Map<Word, Local>();

  constructor(
    readonly body: FunctionBody,
    readonly machine: Machine,
    readonly versionPointer: Local,
  ) {}

  /** Leaves the word on the stack, in all lanes. */
  push(word: Word): void {
    const local = this.#kept.get(word);
    const value = constantValue(word);
    if (local !== undefined) {
      this.body.get(local);
    } else if (value !== undefined && this.machine.immediates) {
      this.body.constant(value);
    } else if (isUniform(word)) {
      this.#pushLeaf(this.#slot(word));
    } else if (isLeaf(word)) {
      this.#pushLeaf(word);
    } else {
      const { operator, left, right } = word;
      this.push(left);
      if (SHIFTS.has(operator)) this.body.constant(constantValue(right)!);
      else this.push(right);
      this.body.plain(this.machine.instructions[operator]!);
    }
  }

  /**
   * Computes or loads a lane-bound word into a local variable, at this point of the code, and returns the word that
   * stands for it. A local plus something uniform stays a sum, so that further uniform terms fold into it.
   */
  keep = (word: Word): Word => {
    if (isUniform(word) || isLocal(word) || this.#kept.has(word)) return word;
    const local = this.body.newLocal(this.machine.type);
    this.push(word);
    this.body.set(local);
    if (isLeaf(word) || !isLocal(word.left) || !isUniform(word.right)) return this.local(local);
    this.#kept.set(word, local);
    return word;
  };

  /** The word in a local variable. */
  local(local: Local): Leaf {
    return { bound: Bound.Lane, source: { kind: 'local', local } };
  }

  /** The vector in memory at `offset` from the address in `pointer`, or from 0. */
  vector(offset: number, pointer?: Local): Leaf {
    return { bound: Bound.Lane, source: { kind: 'vector', pointer, offset } };
  }

  /** The 4 bytes in memory at `offset` from the address in `pointer`, or from 0, in every lane. */
  broadcast(offset: number, pointer?: Local): Leaf {
    return { bound: Bound.Lane, source: { kind: 'broadcast', pointer, offset } };
  }

  /** Stores the word's vector at `offset` from the address in `pointer`, or from 0. */
  store(word: Word, offset: number, pointer?: Local): void {
    this.#pushAddress(pointer);
    this.push(word);
    this.body.memory(this.machine.store, offset);
  }

  #slot(word: Word): Leaf {
    return word.bound === Bound.Version
      ? this.broadcast(this.versionSlots.offsetOf(word), this.versionPointer)
      : this.broadcast(HEADER_TABLE + this.headerSlots.offsetOf(word));
  }

  #pushLeaf({ source }: Leaf): void {
    switch (source.kind) {
      case 'local':
        this.body.get(source.local as Local);
        break;
      case 'vector':
        this.#pushAddress(source.pointer);
        this.body.memory(this.machine.load, source.offset);
        break;
      case 'broadcast':
        this.#pushAddress(source.pointer);
        this.body.memory(this.machine.broadcast, source.offset);
        break;
      default:
        throw new Error(`a ${source.kind} is not bound in the loop`);
    }
  }

  #pushAddress(pointer: number | undefined): void {
    if (pointer === undefined) this.body.constant(0);
    else this.body.get(pointer as Local);
  }
}

/** Uniform words that the loop reads from memory, 4 bytes each, in the order of first use. */
class SlotTable {
  readonly words: Word[] = [];
  readonly #offsets = new Map<string, number>();
  readonly #keys = new Map<Word, string>();
  readonly #ids = new Map<string, number>();

  /** @param size bytes that the table may take */
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

  /** A key that is equal for equal expressions, and short however large they are. */
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

function isLocal(word: Word): boolean {
  return isLeaf(word) && word.source.kind === 'local';
}
