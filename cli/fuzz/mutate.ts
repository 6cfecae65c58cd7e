import type { Random } from '../../simulator/random';

/** Values at which parsers go wrong. */
const BYTES = [0, 1, 2, 3, 19, 20, 21, 27, 28, 29, 127, 128, 254, 255];
const ODD_TEXTS = [
  '',
  ' ',
  '\0',
  '=',
  '==',
  '+',
  '/',
  '-',
  '_',
  '\n',
  'é',
  '😀',
  '\ud800',
  '%',
  '"',
  '{',
];
const ODD_VALUES: readonly unknown[] = [
  null,
  true,
  false,
  '',
  'x',
  [],
  {},
  [[]],
  '0'.repeat(64),
  'f'.repeat(64),
  'F'.repeat(64),
  0,
  -0,
  -1,
  1,
  1.5,
  2 ** 31,
  2 ** 32,
  2 ** 53 - 1,
  2 ** 53,
  1e300,
  '7',
  '1e3',
  '__proto__',
];

/** Changes bytes as damage would, or somebody who knows that records have `recordSize` bytes. */
export function mutateBytes(random: Random, bytes: Buffer, recordSize: number): Buffer {
  const at = random.below(bytes.length + 1);
  const length = random.chance(0.5) ? recordSize : random.below(2 * recordSize);
  const copy = Buffer.from(bytes);
  switch (random.below(8)) {
    case 0:
      if (at < copy.length) copy[at]! ^= 1 << random.below(8);
      return copy;
    case 1:
      if (at < copy.length) copy[at] = random.pick(BYTES);
      return copy;
    case 2:
      // The first few bytes decide how all others are read.
      copy[random.below(Math.min(4, Math.max(1, copy.length)))] = random.pick(BYTES);
      return copy;
    case 3:
      return copy.subarray(0, at);
    case 4:
      return Buffer.concat([copy.subarray(0, at), copy.subarray(at + length)]);
    case 5:
      return Buffer.concat([copy.subarray(0, at), random.bytes(length), copy.subarray(at)]);
    case 6:
      return Buffer.concat([copy.subarray(0, at + length), copy.subarray(at)]);
    default: {
      const other = random.below(copy.length + 1);
      const [a, b] = [Math.min(at, other), Math.max(at, other)];
      const first = copy.subarray(a, a + recordSize);
      const second = copy.subarray(b, b + recordSize);
      return Buffer.concat([
        copy.subarray(0, a),
        second,
        copy.subarray(a + recordSize, b),
        first,
        copy.subarray(b + recordSize),
      ]);
    }
  }
}

/** Changes a few characters of a text. */
export function mutateText(random: Random, text: string): string {
  const at = random.below(text.length + 1);
  const end = at + (random.chance(0.7) ? random.below(4) : random.below(text.length + 1));
  const inserted = random.chance(0.2)
    ? random.bytes(random.below(40)).toString('latin1')
    : random.pick(ODD_TEXTS);
  return text.slice(0, at) + inserted + text.slice(end);
}

/** Changes a JSON value or a part of it: replaces a value, or adds or removes a field or an element. */
export function mutateJson(random: Random, value: unknown): unknown {
  if (random.chance(0.15)) return random.pick(ODD_VALUES);
  if (Array.isArray(value)) return mutateList(random, value as unknown[]);
  if (typeof value === 'object' && value !== null) {
    const extra: [string, unknown] = [random.pick(['x', '__proto__', 'constructor', '']), 1];
    return Object.fromEntries(
      mutateList(
        random,
        Object.entries(value as Record<string, unknown>),
        extra,
        ([name, inner]) => [name, mutateJson(random, inner)],
      ),
    );
  }
  if (typeof value === 'string' && random.chance(0.5)) return mutateText(random, value);
  if (typeof value === 'number' && random.chance(0.5))
    return value + random.pick([-1, 1, 0.5, 2 ** 32]);
  return random.pick(ODD_VALUES);
}

/** Takes an element out, puts one in, or changes one. */
function mutateList<T>(
  random: Random,
  list: readonly T[],
  extra: T = random.pick(ODD_VALUES) as T,
  change = (element: T) => mutateJson(random, element) as T,
): T[] {
  const copy = [...list];
  const at = random.below(copy.length + 1);
  const kind = random.below(5);
  if (kind === 0) copy.splice(at, 1);
  else if (kind === 1) copy.splice(at, 0, extra);
  else if (at < copy.length) copy[at] = change(copy[at]!);
  return copy;
}
