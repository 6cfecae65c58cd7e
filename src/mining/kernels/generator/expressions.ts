/**
 * 32-bit words of the hash as expressions, each tagged with the time at which its value is bound. What is bound before
 * the nonce is computed once, outside the loop. The mining tricks (rounds 0..2, words 16 and 17, K + W, zero words,
 * feed-forwards) follow from that; none of them is written down anywhere.
 */
export enum Bound {
  /** always the same: SHA-256's constants, padding */
  Constant,
  /** once per header: its words after the midstate, the target */
  Header,
  /** once per header for each rolled version: the midstate */
  Version,
  /** in the loop, one value per lane */
  Lane,
}

/** Where a leaf's value comes from. */
export type Source =
  | { kind: 'constant'; value: number }
  | { kind: 'tail'; index: number }
  | { kind: 'midstate'; index: number }
  | { kind: 'mask' }
  /** A vector in a local variable. */
  | { kind: 'local'; local: number }
  /** A vector in memory, or 4 bytes for every lane, at `offset` from the address in a local or from 0. */
  | { kind: 'vector' | 'broadcast'; pointer: number | undefined; offset: number };

export interface Leaf {
  bound: Bound;
  source: Source;
}

export type Operator = 'add' | 'xor' | 'and';
export type Shift = 'shl' | 'shr' | 'rotr';

export interface Operation {
  bound: Bound;
  operator: Operator | Shift;
  left: Word;
  /** For a shift its distance, a constant. */
  right: Word;
}

export type Word = Leaf | Operation;

export const isLeaf = (word: Word): word is Leaf => 'source' in word;
export const isUniform = (word: Word): boolean => word.bound !== Bound.Lane;

export const constant = (value: number): Leaf => ({
  bound: Bound.Constant,
  source: { kind: 'constant', value: value | 0 },
});

/** Word `index` of the header's second block, 0..2. */
export const tail = (index: number): Leaf => ({
  bound: Bound.Header,
  source: { kind: 'tail', index },
});

/** Word `index` of the midstate, 0..7. */
export const midstate = (index: number): Leaf => ({
  bound: Bound.Version,
  source: { kind: 'midstate', index },
});

/** The filter on the digest's last word (PreparedHeader.mask). */
export const MASK: Leaf = { bound: Bound.Header, source: { kind: 'mask' } };

/** The value of a constant; undefined for any other word. */
export const constantValue = (word: Word): number | undefined =>
  isLeaf(word) && word.source.kind === 'constant' ? word.source.value : undefined;

/**
 * left + right, with uniform parts gathered on the right: (x + u) + v is x + (u + v). So the loop adds one uniform
 * word, however many a sum has.
 */
export function add(left: Word, right: Word): Word {
  if (isUniform(left) && !isUniform(right)) return add(right, left);
  if (constantValue(right) === 0) return left;
  if (constantValue(left) === 0) return right;
  if (!isUniform(left) && isUniform(right) && !isLeaf(left)) {
    const { operator, left: x, right: u } = left;
    if (operator === 'add' && isUniform(u)) return add(x, add(u, right));
  }
  return operation('add', left, right);
}

export function xor(left: Word, right: Word): Word {
  if (constantValue(right) === 0) return left;
  if (constantValue(left) === 0) return right;
  return operation('xor', left, right);
}

export const and = (left: Word, right: Word): Word => operation('and', left, right);
export const shl = (word: Word, distance: number): Word =>
  operation('shl', word, constant(distance));
export const shr = (word: Word, distance: number): Word =>
  operation('shr', word, constant(distance));
export const rotr = (word: Word, distance: number): Word =>
  operation('rotr', word, constant(distance));

const APPLY: Record<Operator | Shift, (left: number, right: number) => number> = {
  add: (left, right) => (left + right) | 0,
  xor: (left, right) => left ^ right,
  and: (left, right) => left & right,
  shl: (left, right) => left << right,
  shr: (left, right) => (left >>> right) | 0,
  rotr: (left, right) => (left >>> right) | (left << (32 - right)),
};

/** left operator right; a constant if both are. */
function operation(operator: Operator | Shift, left: Word, right: Word): Word {
  const [x, y] = [constantValue(left), constantValue(right)];
  if (x !== undefined && y !== undefined) return constant(APPLY[operator](x, y));
  return { bound: Math.max(left.bound, right.bound), operator, left, right };
}

/** The values of the leaves that are bound before the nonce, as signed words. */
export interface Bindings {
  tail: ArrayLike<number>;
  midstate: ArrayLike<number>;
  mask: number;
}

/** An evaluator of uniform words that computes each shared part once. */
export function evaluator(bindings: Bindings): (word: Word) => number {
  const known = new Map<Word, number>();
  const evaluate = (word: Word): number => {
    let value = known.get(word);
    if (value === undefined) {
      value = isLeaf(word)
        ? leafValue(word.source, bindings)
        : APPLY[word.operator](evaluate(word.left), evaluate(word.right));
      known.set(word, value);
    }
    return value;
  };
  return evaluate;
}

function leafValue(source: Source, bindings: Bindings): number {
  switch (source.kind) {
    case 'constant':
      return source.value;
    case 'tail':
    case 'midstate':
      return bindings[source.kind][source.index]!;
    case 'mask':
      return bindings.mask;
    default:
      throw new Error(`a ${source.kind} is bound in the loop`);
  }
}
