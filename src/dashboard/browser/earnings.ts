import type { RewardRow } from '../update';

/** What a round paid to this node; while that isn't known, what its own list gives it. In ROE. */
export function amountOf({ outcome, paidRoe, listedRoe }: RewardRow): number {
  if (outcome === 'failed') return 0;
  return Number(paidRoe ?? listedRoe);
}
