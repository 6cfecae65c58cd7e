/** Work that goes on until its signal is aborted. */
type Task = (signal: AbortSignal) => Promise<void>;

/** Runs tasks side by side; when one fails, the others are aborted. @throws what the first one threw */
export async function untilOneFails(signal: AbortSignal, tasks: readonly Task[]): Promise<void> {
  const ending = new AbortController();
  const end = (): void => ending.abort();
  signal.addEventListener('abort', end);
  if (signal.aborted) end();
  const failures: unknown[] = [];
  await Promise.all(
    tasks.map(async (task) => {
      try {
        await task(ending.signal);
      } catch (error) {
        failures.push(error);
        end();
      }
    }),
  );
  signal.removeEventListener('abort', end);
  if (failures.length > 0) throw failures[0];
}
