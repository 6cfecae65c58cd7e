import type { Random } from '../../simulator/random';

/** Something that takes input from others, and what must hold whatever it is given. */
export interface FuzzTarget {
  readonly name: string;
  /** How many inputs of the decoder cost about as much as one of this. */
  readonly cost: number;
  generate(random: Random): string;
  /** @throws when the input breaks what must hold. */
  check(input: string): void | Promise<void>;
  /** Ends what the checks have started. */
  close?(): Promise<void>;
}

/** @throws Error with the message unless the condition holds. */
export function must(condition: boolean, message: string): void {
  if (!condition) throw new Error(message);
}
