/** Keeps a suite's expected error lines off the terminal; returns the lines. */
export function captureErrors(): { lines: string[]; restore(): void } {
  const original = console.error;
  const lines: string[] = [];
  console.error = (...parts: unknown[]) => void lines.push(parts.map(String).join(' '));
  return { lines, restore: () => (console.error = original) };
}
