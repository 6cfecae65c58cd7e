import type { Random } from '../../simulator/random';

/** Code that takes input from others, with what must hold for every input. */
export interface FuzzTarget {
  readonly name: string;
  /** How many inputs of the decoder cost about as much as one input of this target. */
  readonly cost: number;
  generate(random: Random): string;
  /** @throws when something that must hold does not for this input. */
  check(input: string): void | Promise<void>;
  /** Ends what the checks have started. */
  close?(): Promise<void>;
}

/** @throws Error with the message unless the condition holds. */
export function must(condition: boolean, message: string): void {
  if (!condition) throw new Error(message);
}
