import { InvalidArgumentError } from 'commander';

// What the options of the command-line tools can be. Commander puts the option and what was given before the message.

/** Reads an option's whole number, from `min` to `max`. */
export function wholeNumber(min: number, max = Number.MAX_SAFE_INTEGER): (text: string) => number {
  return (text) => {
    const value = /^\d+$/.test(text) ? Number(text) : NaN;
    if (value >= min && value <= max) return value;
    const range = max === Number.MAX_SAFE_INTEGER ? `of at least ${min}` : `from ${min} to ${max}`;
    throw new InvalidArgumentError(`Expected a whole number ${range}.`);
  };
}

/** Reads a number above 0, at most `max`. */
export function positive(max = Number.MAX_SAFE_INTEGER): (text: string) => number {
  return (text) => {
    const value = text.trim() === '' ? NaN : Number(text);
    if (value > 0 && value <= max) return value;
    const limit = max === Number.MAX_SAFE_INTEGER ? '' : `, at most ${max}`;
    throw new InvalidArgumentError(`Expected a number above 0${limit}.`);
  };
}

/** Reads seconds, up to a day: a timer can't run for more than 24 days. */
export const seconds = positive(86_400);

/** The same parser for commander, whose message the user sees. */
export function parsedBy<T>(parse: (text: string) => T): (text: string) => T {
  return (text) => {
    try {
      return parse(text);
    } catch (error) {
      throw new InvalidArgumentError((error as Error).message);
    }
  };
}
