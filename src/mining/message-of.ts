/** What an error says, or whatever else was thrown. Not in src/format.ts, as threads run this and get nothing but what hashes. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
