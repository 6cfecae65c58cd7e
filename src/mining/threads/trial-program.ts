import { selfTest } from '../kernels/choose';
import type { Kernel } from '../kernels/kernel';
import { nativeVariants } from '../kernels/native';
import { messageOf } from '../message-of';

// What the process of a trial does (trial.ts): it loads an addon and runs each of its hash loops. If that ends the
// process, no mining is lost.

/** What the process writes to its standard output, as JSON. */
export interface TrialAnswer {
  /** Why this system doesn't load the addon. */
  refusal?: string;
}

/** Tries the addon that is named by the arguments: path and SHA-256. */
export function tryAddon(): void {
  const answer: TrialAnswer = {};
  try {
    const [file, sha256] = process.argv.slice(-2) as [string, string];
    for (const { create } of nativeVariants([{ sha256, place: () => file }])) ignoreWrong(create);
  } catch (error) {
    answer.refusal = messageOf(error);
  }
  process.stdout.write(JSON.stringify(answer));
}

/** A thread leaves out what gives wrong answers, and says so (createKernel). */
function ignoreWrong(create: () => Kernel): void {
  try {
    selfTest(create());
  } catch {
    return;
  }
}
