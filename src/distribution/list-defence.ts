/** Public key to an amount in the token's smallest unit. */
type Amounts = Readonly<Record<string, number>>;

/** A distribution list that was handed in, and the votes on it. */
export interface ListOnTrial {
  /** base58 public key */
  maker: string;
  votes: readonly { voter: string; isValid: boolean }[];
}

/** Whether somebody voted against a list on which this node may vote and has not yet. */
export function needsDefence({ maker, votes }: ListOnTrial, self: string): boolean {
  return (
    maker !== self &&
    votes.some(({ isValid }) => !isValid) &&
    !votes.some(({ voter }) => voter === self)
  );
}

/** Whether two lists give the same to the same; their order doesn't matter. */
export function isSameList(a: Amounts, b: Amounts): boolean {
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => a[key] === b[key]);
}
