import type { Round } from '../../src/rounds/round';
import { begunRound } from '../rounds/vector';

// Rounds with as much ground for connections as a test wants.

/** A round on its first segment, with ground leased ahead for a few jobs of each connection, as the store has it. */
export function roundWithGround(withSeed?: Uint8Array): Round {
  const round = begunRound(withSeed);
  round.stored(round.toRecord(), round.shares);
  return round;
}

/** Takes all ground of connections with this second byte that is leased by now. */
export function takeLeased(round: Round, secondByte: number): void {
  while (round.leases.ofConnection(secondByte) !== undefined);
}

/** A round after all ground with this second byte was taken. */
export function usedUp(round: Round, secondByte: number): Round {
  do {
    round.stored(round.toRecord(), round.shares);
    takeLeased(round, secondByte);
  } while (round.leases.isShortFor(secondByte));
  return round;
}
