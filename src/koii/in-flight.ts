/**
 * Makes one call of those that ask the same at the same time: whoever asks while an answer is on its way gets that
 * one, which nobody may change therefore.
 * @param ask its arguments must be plain data, and tell apart what is asked
 * @param sharedForMs an answer that takes longer is waited for by those who did so before, and asked for anew
 */
export function shareInFlight<A extends readonly unknown[], T>(
  ask: (...args: A) => Promise<T>,
  sharedForMs: number,
): (...args: A) => Promise<T> {
  const inFlight = new Map<string, { answer: Promise<T>; until: number }>();
  return (...args) => {
    const key = JSON.stringify(args);
    const shared = inFlight.get(key);
    if (shared && performance.now() < shared.until) return shared.answer;
    const asked = { answer: ask(...args), until: performance.now() + sharedForMs };
    inFlight.set(key, asked);
    const forget = (): void => {
      if (inFlight.get(key) === asked) inFlight.delete(key);
    };
    asked.answer.then(forget, forget);
    return asked.answer;
  };
}
