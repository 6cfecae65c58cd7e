import { selfTest } from '../kernels/choose';
import { nativeVariants, type NativeVariant } from '../kernels/native';
import { messageOf } from '../message-of';

// What the process of a trial does (trial.ts): it loads an addon and runs each of its hash loops. If that ends the
// process, no mining is lost.

/**
 * What the process writes to its standard output, as JSON: why this system doesn't load the addon, or how many variants
 * this CPU can run, and of those that gave wrong answers, which.
 */
export type TrialAnswer = { refusal: string } | { variants: number; wrong: string[] };

/** Tries the addon that is named by the arguments: path and SHA-256. */
export function tryAddon(): void {
  const [file, sha256] = process.argv.slice(-2) as [string, string];
  const answer = answerOf(() => nativeVariants([{ sha256, place: () => file }]));
  process.stdout.write(JSON.stringify(answer));
}

/** Runs each variant on the known answers. */
export function answerOf(load: () => readonly NativeVariant[]): TrialAnswer {
  try {
    const variants = load();
    return { variants: variants.length, wrong: variants.flatMap(faultsOf) };
  } catch (error) {
    return { refusal: messageOf(error) };
  }
}

/** The one that its test ended with, after its name; none if it passed. */
function faultsOf({ name, create }: NativeVariant): string[] {
  try {
    selfTest(create());
    return [];
  } catch (error) {
    return [`${name}: ${messageOf(error)}`];
  }
}
