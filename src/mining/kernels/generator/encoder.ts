/**
 * Just enough of the WebAssembly binary format (core specification 2.0, chapter 5) for modules of one
 * function and one memory.
 */

export const VALUE_TYPE = { i32: 0x7f, v128: 0x7b } as const;
export type ValueType = keyof typeof VALUE_TYPE;

/** Instructions without immediates, by their names in the text format. */
const PLAIN = {
  'i32.eqz': [0x45],
  'i32.lt_u': [0x49],
  'i32.add': [0x6a],
  'i32.and': [0x71],
  'i32.or': [0x72],
  'i32.xor': [0x73],
  'i32.shl': [0x74],
  'i32.shr_u': [0x76],
  'i32.rotr': [0x78],
  'i32x4.splat': [0xfd, 0x11],
  'v128.and': [0xfd, 0x4e],
  'v128.xor': [0xfd, 0x51],
  'i32x4.eq': [0xfd, 0x37],
  'i32x4.bitmask': [0xfd, 0xa4, 0x01],
  'i32x4.shl': [0xfd, 0xab, 0x01],
  'i32x4.shr_u': [0xfd, 0xad, 0x01],
  'i32x4.add': [0xfd, 0xae, 0x01],
} as const;
export type PlainInstruction = keyof typeof PLAIN;

/** Instructions that access memory: opcode, and log2 of the alignment. */
const MEMORY = {
  'i32.load': { opcode: [0x28], align: 2 },
  'i32.store': { opcode: [0x36], align: 2 },
  'i32.store8': { opcode: [0x3a], align: 0 },
  'v128.load': { opcode: [0xfd, 0x00], align: 4 },
  'v128.load32_splat': { opcode: [0xfd, 0x09], align: 2 },
  'v128.store': { opcode: [0xfd, 0x0b], align: 4 },
} as const;
export type MemoryInstruction = keyof typeof MEMORY;

const SHUFFLE = [0xfd, 0x0d];
const V128_CONST = [0xfd, 0x0c];
const VOID_BLOCK = 0x40;

/** A function's local variable. */
export type Local = number & { readonly __local: unique symbol };

function unsigned(value: number): number[] {
  const bytes = [];
  for (; value >= 0x80; value >>>= 7) bytes.push((value & 0x7f) | 0x80);
  return [...bytes, value];
}

function signed(value: number): number[] {
  const bytes = [];
  for (; value < -64 || value > 63; value >>= 7) bytes.push((value & 0x7f) | 0x80);
  return [...bytes, value & 0x7f];
}

const vector = (items: readonly (readonly number[])[]): number[] => [
  ...unsigned(items.length),
  ...items.flat(),
];

/** The body of a function, instruction by instruction. */
export class FunctionBody {
  readonly #code: number[] = [];
  readonly #locals: ValueType[] = [];

  constructor(readonly parameters: readonly ValueType[]) {}

  parameter(index: number): Local {
    return index as Local;
  }

  newLocal(type: ValueType): Local {
    return (this.parameters.length + this.#locals.push(type) - 1) as Local;
  }

  get(local: Local): this {
    return this.#emit(0x20, ...unsigned(local));
  }

  set(local: Local): this {
    return this.#emit(0x21, ...unsigned(local));
  }

  tee(local: Local): this {
    return this.#emit(0x22, ...unsigned(local));
  }

  constant(value: number): this {
    return this.#emit(0x41, ...signed(value | 0));
  }

  plain(instruction: PlainInstruction): this {
    return this.#emit(...PLAIN[instruction]);
  }

  /** Accesses memory at the address on the stack plus `offset`. */
  memory(instruction: MemoryInstruction, offset: number): this {
    const { opcode, align } = MEMORY[instruction];
    return this.#emit(...opcode, align, ...unsigned(offset));
  }

  zeroVector(): this {
    return this.#emit(...V128_CONST, ...new Array<number>(16).fill(0));
  }

  /** Rearranges the bytes of the vector on the stack: byte i becomes its byte order[i]. */
  permuteBytes(order: readonly number[]): this {
    const vector = this.newLocal('v128');
    return this.tee(vector)
      .get(vector)
      .#emit(...SHUFFLE, ...order);
  }

  /** Repeats `body` until it leaves 0 on the stack: do { body } while (top of stack). */
  doWhile(body: () => void): this {
    this.#emit(0x03, VOID_BLOCK);
    body();
    return this.#emit(0x0d, 0, 0x0b);
  }

  /** Returns from the function with the i32 that `result` leaves, if `condition` leaves anything but 0. */
  returnIf(condition: () => void, result: () => void): this {
    condition();
    this.#emit(0x04, VOID_BLOCK);
    result();
    return this.#emit(0x0f, 0x0b);
  }

  encode(): number[] {
    const locals = vector(this.#locals.map((type) => [1, VALUE_TYPE[type]]));
    const body = [...locals, ...this.#code, 0x0b];
    return [...unsigned(body.length), ...body];
  }

  #emit(...bytes: number[]): this {
    for (const byte of bytes) this.#code.push(byte);
    return this;
  }
}

const section = (id: number, content: readonly number[]): number[] => [
  id,
  ...unsigned(content.length),
  ...content,
];
const name = (text: string): number[] => [...unsigned(text.length), ...Buffer.from(text)];

/**
 * The bytes of a module that exports `body`, which leaves an i32, as `scan`, and a memory of `pages` pages (64 KiB
 * each) as `memory`.
 */
export function encodeModule(body: FunctionBody, pages: number): Uint8Array<ArrayBuffer> {
  const parameters = vector(body.parameters.map((type) => [VALUE_TYPE[type]]));
  const results = vector([[VALUE_TYPE.i32]]);
  return Uint8Array.from([
    0x00,
    0x61,
    0x73,
    0x6d,
    0x01,
    0x00,
    0x00,
    0x00,
    ...section(1, vector([[0x60, ...parameters, ...results]])),
    ...section(3, vector([[0]])),
    ...section(5, vector([[0x01, ...unsigned(pages), ...unsigned(pages)]])),
    ...section(
      7,
      vector([
        [...name('scan'), 0x00, 0],
        [...name('memory'), 0x02, 0],
      ]),
    ),
    ...section(10, vector([body.encode()])),
  ]);
}

/** The module with a custom section of `salt` zero bytes: a different module with the same code. */
export function saltModule(bytes: Uint8Array<ArrayBuffer>, salt: number): Uint8Array<ArrayBuffer> {
  const custom = section(0, [...name('salt'), ...new Array<number>(salt).fill(0)]);
  return Uint8Array.from([...bytes, ...custom]);
}
