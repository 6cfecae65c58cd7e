import { HEADER_SIZE } from '../../bitcoin/block';
import { compress, INITIAL_HASH } from '../../bitcoin/sha256';
import { VERSION_BITS_SHIFT } from '../../consensus';
import type { Hit } from './kernel';

const NONCES = 2 ** 32;
/** Bit length of a header, and of the hash that is hashed again (FIPS 180-4 section 5.1.1, padding). */
export const HEADER_BITS = 640;
export const HASH_BITS = 256;
export const PADDING_BIT = 0x80000000 | 0;

/** A word with its four bytes in the opposite order. */
export const swapBytes = (word: number): number =>
  (word << 24) | ((word & 0xff00) << 8) | ((word >>> 8) & 0xff00) | (word >>> 24);

/**
 * A header and a target as every kernel needs them: the header's first block compressed (the midstate, one for each
 * rolled version), the words of its second block, and the target as a filter on one hash word.
 */
export class PreparedHeader {
  /** The hash value after the header's first 64 bytes, by versionBits. */
  readonly midstates: readonly Int32Array[];
  /** The second block's 16 big-endian words; words[3], the byte-swapped nonce, is 0. */
  readonly words: Int32Array;
  /**
   * A hash can be at most the target only if the last word of its digest has none of these bits: the leading zeros of
   * the target's top 32 bits, in the byte order in which SHA-256 outputs that word.
   */
  readonly mask: number;

  /** The target's words, most significant first. */
  readonly #target: Uint32Array;

  /** @throws RangeError when the header is not 80 bytes or the target not in 0..2^256-1. */
  constructor(header: Uint8Array, target: bigint, versions: number) {
    if (header.length !== HEADER_SIZE) {
      throw new RangeError(`header: expected ${HEADER_SIZE} bytes, got ${header.length}`);
    }
    if (target < 0n || target >> 256n !== 0n) {
      throw new RangeError(`target: expected 0 <= target < 2^256, got ${target}`);
    }
    const view = new DataView(header.buffer, header.byteOffset, header.byteLength);
    const first = Array.from({ length: 16 }, (_, i) => view.getInt32(4 * i));
    this.midstates = Array.from({ length: versions }, (_, versionBits) => {
      const version = swapBytes(first[0]!) ^ (versionBits << VERSION_BITS_SHIFT);
      return compress(INITIAL_HASH, [swapBytes(version), ...first.slice(1)]);
    });
    this.words = Int32Array.from({ length: 16 }, (_, i) => (i < 3 ? view.getInt32(64 + 4 * i) : 0));
    this.words[4] = PADDING_BIT;
    this.words[15] = HEADER_BITS;

    const words = Array.from({ length: 8 }, (_, i) =>
      Number((target >> BigInt(224 - 32 * i)) & 0xffffffffn),
    );
    this.#target = Uint32Array.from(words);
    const zeros = Math.clz32(words[0]!);
    this.mask = swapBytes(zeros === 0 ? 0 : -1 << (32 - zeros));
  }

  /** Whether the header with these rolled bits and this nonce hashes to at most the target. */
  isHit({ versionBits, nonce }: Hit): boolean {
    const words = this.words.slice();
    words[3] = swapBytes(nonce);
    const block = new Int32Array(16);
    block.set(compress(this.midstates[versionBits]!, words));
    block[8] = PADDING_BIT;
    block[15] = HASH_BITS;
    const digest = compress(INITIAL_HASH, block);
    // The digest's last bytes are the value's most significant ones.
    for (let i = 0; i < 8; i++) {
      const word = swapBytes(digest[7 - i]!) >>> 0;
      if (word !== this.#target[i]!) return word < this.#target[i]!;
    }
    return true;
  }
}

/** @throws RangeError unless 0 <= start <= end <= 2^32, whole numbers. */
export function checkRange(start: number, end: number): void {
  if (
    !Number.isInteger(start) ||
    !Number.isInteger(end) ||
    start < 0 ||
    start > end ||
    end > NONCES
  ) {
    throw new RangeError(`nonces: expected 0 <= start <= end <= 2^32, got [${start}, ${end})`);
  }
}
