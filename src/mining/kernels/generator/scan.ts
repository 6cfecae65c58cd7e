import { INITIAL_HASH } from '../../../bitcoin/sha256';
import { HASH_BITS, HEADER_BITS, PADDING_BIT } from '../prepared-header';
import { Emitter } from './emitter';
import { encodeModule, FunctionBody, type Local } from './encoder';
import { add, and, constant, MASK, midstate, tail, type Word } from './expressions';
import {
  CANDIDATES,
  MAX_VERSIONS,
  ROUND_CONSTANTS_COLUMN,
  row,
  ROW_SIZE,
  SCHEDULE,
  VERSION_TABLE_SIZE,
  VERSION_TABLES,
  WORDS,
  type Machine,
} from './machine';
import { roundConstant, Steps, type State } from './sha256';

/**
 * The loop over nonces as a WebAssembly module:
 *
 *      for each group of nonces, as many as the machine has lanes
 *        S   hash 1's message schedule, W + K, into SCHEDULE
 *        for each rolled version (they differ in the midstate alone, so S serves them all)
 *          A   hash 1, rounds 0..7: of 0..2 nothing is left, of 3..6 a part
 *          H   hash 1, rounds 8..63, a loop
 *          B   hash 2, rounds 0..15: its words are hash 1's result and constants
 *          G   hash 2, rounds 16..55, a loop that makes the schedule as it goes, in WORDS
 *          C   hash 2, rounds 56..60: the digest's last word and the filter
 *        return if any version has a candidate
 *
 * A loop of few rounds is faster than straight code because it stays in the CPU's cache of decoded
 * instructions (docs/ENGINE.md).
 */
export interface ScanModule {
  bytes: Uint8Array<ArrayBuffer>;
  /** The uniform words to be written at HEADER_TABLE once per header, 4 bytes little-endian each. */
  headerSlots: readonly Word[];
  /** The same for each version's table at VERSION_TABLES. */
  versionSlots: readonly Word[];
}

const FIRST_LOOPED_1 = 8;
const FIRST_LOOPED_2 = 16;
const LAST_LOOPED_2 = 55;
/** Settles the last digest word, in e; rounds 61..63 only move it to h. */
const LAST_ROUND_2 = 60;
/** From this round on the new a isn't needed: it would not become d before round 61. */
const FIRST_WITHOUT_A = 57;

/** The nonce's word in hash 1's block. */
const NONCE_WORD = 3;

const range = (from: number, to: number): number[] =>
  Array.from({ length: to - from }, (_, i) => from + i);

const asState = (words: readonly Word[]): State => words as unknown as State;

class ScanBuilder {
  readonly #body = new FunctionBody(['i32', 'i32']);
  /** The group's first nonce; how many groups to hash. */
  readonly #nonce = this.#body.parameter(0);
  readonly #groups = this.#body.parameter(1);
  readonly #group = this.#body.newLocal('i32');
  readonly #version = this.#body.newLocal('i32');
  readonly #versionPointer = this.#body.newLocal('i32');
  readonly #rowPointer = this.#body.newLocal('i32');
  /** Lanes that passed the filter: in this version, and in any version of the group. */
  readonly #candidates = this.#body.newLocal('i32');
  readonly #found = this.#body.newLocal('i32');
  readonly #nonceWord: Local;
  /** a..h while a loop runs. */
  readonly #loopState: readonly Local[];
  readonly #emitter: Emitter;
  readonly #steps: Steps;

  constructor(
    readonly machine: Machine,
    readonly versions: number,
  ) {
    this.#nonceWord = this.#body.newLocal(machine.type);
    this.#loopState = range(0, 8).map(() => this.#body.newLocal(machine.type));
    this.#emitter = new Emitter(this.#body, machine, this.#versionPointer);
    this.#steps = new Steps({ rotates: 'rotr' in machine.instructions });
  }

  build(): ScanModule {
    const body = this.#body;
    body.doWhile(() => {
      const words = this.#schedule();
      body.constant(0).set(this.#found);
      body.constant(0).set(this.#version);
      body.constant(VERSION_TABLES).set(this.#versionPointer);
      body.doWhile(() => {
        this.#filter(this.#hash2(this.#hash1(words)));
        this.#advance(this.#versionPointer, VERSION_TABLE_SIZE);
        this.#advance(this.#version, 1);
        body.get(this.#version).constant(this.versions).plain('i32.lt_u');
      });
      body.returnIf(
        () => body.get(this.#found),
        () => body.get(this.#group),
      );
      this.#advance(this.#nonce, this.machine.lanes);
      this.#advance(this.#group, 1);
      body.get(this.#group).get(this.#groups).plain('i32.lt_u');
    });
    body.get(this.#group);
    return {
      bytes: encodeModule(body, 1),
      headerSlots: this.#emitter.headerSlots.words,
      versionSlots: this.#emitter.versionSlots.words,
    };
  }

  /** S. Returns the words that A uses directly, not through memory. */
  #schedule(): readonly Word[] {
    const body = this.#body;
    const emitter = this.#emitter;
    body.get(this.#nonce);
    this.machine.nonceWord(body);
    body.set(this.#nonceWord);

    const words: Word[] = [0, 1, 2].map(tail);
    words[NONCE_WORD] = emitter.local(this.#nonceWord);
    words.push(constant(PADDING_BIT), ...range(5, 15).map(() => constant(0)));
    words.push(constant(HEADER_BITS));
    for (let t = 16; t < 64; t++) {
      const [w16, w15, w7, w2] = [16, 15, 7, 2].map((back) => words[t - back]!);
      words.push(emitter.keep(this.#steps.scheduleWord(w16!, w15!, w7!, w2!)));
    }
    for (let t = FIRST_LOOPED_1; t < 64; t++) {
      emitter.store(add(words[t]!, roundConstant(t)), row(SCHEDULE, t));
    }
    for (let t = 8; t < 16; t++) emitter.store(paddingOfHash(t), row(WORDS, t));
    return words.slice(0, FIRST_LOOPED_1);
  }

  /** A and H. Returns the 8 words of the first digest. */
  #hash1(words: readonly Word[]): readonly Word[] {
    const emitter = this.#emitter;
    let state = asState(range(0, 8).map(midstate));
    words.forEach((word, t) => {
      state = this.#steps.round(state, add(word, roundConstant(t)), emitter.keep);
    });
    state = this.#loop(state, FIRST_LOOPED_1, 63, (looped, t) =>
      this.#steps.round(looped, emitter.vector(row(SCHEDULE, t), this.#rowPointer), emitter.keep),
    );
    return state.map((word, i) => add(word, midstate(i)));
  }

  /** B, G and C. Returns the last word of the second digest. */
  #hash2(digest: readonly Word[]): Word {
    const emitter = this.#emitter;
    let state = asState(INITIAL_HASH.map(constant));
    for (let t = 0; t < FIRST_LOOPED_2; t++) {
      const word = t < 8 ? emitter.keep(digest[t]!) : paddingOfHash(t);
      if (t < 8) emitter.store(word, row(WORDS, t));
      state = this.#steps.round(state, add(word, roundConstant(t)), emitter.keep);
    }
    state = this.#loop(state, FIRST_LOOPED_2, LAST_LOOPED_2, (looped, t) => {
      const roundConstants = row(WORDS, t) + ROUND_CONSTANTS_COLUMN;
      const constants = emitter.broadcast(roundConstants, this.#rowPointer);
      return this.#steps.round(
        looped,
        add(this.#nextWord(t, this.#rowPointer), constants),
        emitter.keep,
      );
    });
    for (let t = LAST_LOOPED_2 + 1; t < LAST_ROUND_2; t++) {
      const scheduled = add(this.#nextWord(t), roundConstant(t));
      if (t < FIRST_WITHOUT_A) {
        state = this.#steps.round(state, scheduled, emitter.keep);
      } else {
        const [a, b, c, , e, f, g] = state;
        state = [a, a, b, c, emitter.keep(this.#steps.nextE(state, scheduled)), e, f, g];
      }
    }
    const feedForward = add(roundConstant(LAST_ROUND_2), constant(INITIAL_HASH[7]!));
    return this.#steps.nextE(state, add(this.#nextWord(LAST_ROUND_2), feedForward));
  }

  /** Word t of hash 2's schedule, also stored. With a pointer, rows are counted from there. */
  #nextWord(t: number, pointer?: Local): Word {
    const emitter = this.#emitter;
    const [w16, w15, w7, w2] = [16, 15, 7, 2].map((back) =>
      emitter.vector(row(WORDS, t - back), pointer),
    );
    // The sigmas use these five times over.
    const next = emitter.keep(
      this.#steps.scheduleWord(w16!, emitter.keep(w15!), w7!, emitter.keep(w2!)),
    );
    emitter.store(next, row(WORDS, t), pointer);
    return next;
  }

  /** Rounds first..last as a loop; `step` emits round t for the first pass, relative to #rowPointer. */
  #loop(
    state: State,
    first: number,
    last: number,
    step: (state: State, t: number) => State,
  ): State {
    const body = this.#body;
    const looped = asState(this.#loopState.map((local) => this.#emitter.local(local)));
    this.#setLoopState(state);
    body.constant(0).set(this.#rowPointer);
    body.doWhile(() => {
      const pass = range(first, first + this.machine.roundsPerPass);
      this.#setLoopState(pass.reduce(step, looped));
      this.#advance(this.#rowPointer, ROW_SIZE * this.machine.roundsPerPass);
      body.get(this.#rowPointer);
      body.constant(ROW_SIZE * (last + 1 - first)).plain('i32.lt_u');
    });
    return looped;
  }

  /** Sets all eight at once: the new words may be made of the old ones. */
  #setLoopState(state: State): void {
    for (const word of state) this.#emitter.push(word);
    for (const local of [...this.#loopState].reverse()) this.#body.set(local);
  }

  /** Records the lanes whose last digest word has none of the mask's bits. */
  #filter(lastWord: Word): void {
    const body = this.#body;
    this.#emitter.push(and(lastWord, MASK));
    this.machine.zeroLanes(body);
    body.set(this.#candidates);
    body.get(this.#version).get(this.#candidates).memory('i32.store8', CANDIDATES);
    body.get(this.#found).get(this.#candidates).plain('i32.or').set(this.#found);
  }

  #advance(local: Local, by: number): void {
    this.#body.get(local).constant(by).plain('i32.add').set(local);
  }
}

/** Words 8..15 of the block that holds a 32-byte digest (FIPS 180-4 section 5.1.1). */
const paddingOfHash = (t: number): Word =>
  constant(t === 8 ? PADDING_BIT : t === 15 ? HASH_BITS : 0);

/**
 * The module for this many rolled versions, 1..MAX_VERSIONS. Its export scan(nonce, groups) hashes groups, at least 1,
 * of nonces from `nonce` on. It returns how many it passed before one with a candidate, or all of them if there was
 * none.
 */
export function buildScan(machine: Machine, versions: number): ScanModule {
  if (versions < 1 || versions > MAX_VERSIONS) {
    throw new RangeError(`versions: expected 1..${MAX_VERSIONS}, got ${versions}`);
  }
  return new ScanBuilder(machine, versions).build();
}
