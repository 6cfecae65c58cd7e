import { Bound, isLeaf, isUniform, type Leaf, type Operator, type Word } from './dag';
import type { FunctionBody, Local, PlainInstruction } from './encoder';

const INSTRUCTION: Record<Operator, PlainInstruction> = {
  add: 'i32x4.add',
  xor: 'v128.xor',
  and: 'v128.and',
  shl: 'i32x4.shl',
  shr: 'i32x4.shr_u',
};

/** Uniform words that the loop reads from memory, 4 bytes each, in the order of first use. */
export class SlotTable {
  readonly words: Word[] = [];
  readonly #offsets = new Map<Word | number, number>();

  /** Offset of the word's value in the table, in bytes. Equal constants share a slot. */
  offsetOf(word: Word): number {
    const key = isLeaf(word) && word.source.kind === 'constant' ? word.source.value : word;
    let offset = this.#offsets.get(key);
    if (offset === undefined) {
      offset = 4 * (this.words.push(word) - 1);
      this.#offsets.set(key, offset);
    }
    return offset;
  }
}

export interface Tables {
  /** Constants and what is bound per job, from address `jobBase`. */
  job: SlotTable;
  jobBase: number;
  /** What is bound per version, from the address in `versionPointer`. */
  version: SlotTable;
  versionPointer: Local;
}

/** Turns words into instructions: a lane-bound word becomes vector arithmetic, a uniform one a load. */
export class Emitter {
  readonly #kept = new Map<Word, Local>();

  constructor(
    readonly body: FunctionBody,
    readonly tables: Tables,
  ) {}

  /** Leaves the word's vector on the stack. */
  push(word: Word): void {
    const { body } = this;
    const local = this.#kept.get(word);
    if (local !== undefined) {
      body.get(local);
    } else if (isUniform(word)) {
      this.#pushUniform(word);
    } else if (isLeaf(word)) {
      this.#pushLeaf(word);
    } else if (word.operator === 'shl' || word.operator === 'shr') {
      this.push(word.left);
      body.constant(shiftDistance(word.right)).plain(INSTRUCTION[word.operator]);
    } else {
      this.push(word.left);
      this.push(word.right);
      body.plain(INSTRUCTION[word.operator]);
    }
  }

  /**
   * Computes a lane-bound word here and now, into a local variable, and gives the word that stands for
   * it. A leaf plus something uniform stays the sum it is, so that further uniform terms fold into it.
   */
  keep = (word: Word): Word => {
    if (isUniform(word) || isLeaf(word) || this.#kept.has(word)) return word;
    const local = this.body.newLocal('v128');
    this.push(word);
    this.body.set(local);
    if (isLeaf(word.left) && isUniform(word.right)) {
      this.#kept.set(word, local);
      return word;
    }
    return this.local(local);
  };

  /** The word in a local variable. */
  local(local: Local): Leaf {
    return { bound: Bound.Lane, source: { kind: 'local', local } };
  }

  /** The vector in memory at `offset` from the address in `pointer`, or from 0. */
  memory(offset: number, pointer?: Local): Leaf {
    return { bound: Bound.Lane, source: { kind: 'memory', pointer, offset } };
  }

  /** Stores the word's vector at `offset`. */
  store(offset: number, word: Word): void {
    this.body.constant(0);
    this.push(word);
    this.body.memory('v128.store', offset);
  }

  #pushLeaf({ source }: Leaf): void {
    if (source.kind === 'local') {
      this.body.get(source.local as Local);
    } else if (source.kind === 'memory') {
      if (source.pointer === undefined) this.body.constant(0);
      else this.body.get(source.pointer as Local);
      this.body.memory('v128.load', source.offset);
    } else {
      throw new Error(`a ${source.kind} is not bound in the loop`);
    }
  }

  #pushUniform(word: Word): void {
    const { job, jobBase, version, versionPointer } = this.tables;
    if (word.bound === Bound.Version) {
      this.body.get(versionPointer).memory('v128.load32_splat', version.offsetOf(word));
    } else {
      this.body.constant(0).memory('v128.load32_splat', jobBase + job.offsetOf(word));
    }
  }
}

function shiftDistance(word: Word): number {
  if (isLeaf(word) && word.source.kind === 'constant') return word.source.value;
  throw new Error('a shift needs a constant distance');
}
