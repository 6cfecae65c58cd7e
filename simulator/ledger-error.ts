/** A transaction that the ledger refuses; the message says why. */
export class LedgerError extends Error {
  override readonly name = 'LedgerError';
}
