import { Round } from '../../src/rounds/round';
import { BITCOIN_ORIGIN, segmentAt } from '../fixtures/segments';
import { begunRound, identity, seed } from '../rounds/vector';

// Rounds with as much ground for connections as a test wants.

/** That of a round which isn't the one of the test vector. */
export const OTHER_SEED = Buffer.alloc(32, 7);

/** A round on its first segment, with ground leased ahead for a few jobs of each connection, as the store has it. */
export function roundWithGround(withSeed?: Uint8Array): Round {
  const round = begunRound(withSeed);
  store(round);
  return round;
}

/** A round that waits for its first segment. */
export function waitingRound(number: number): Round {
  return Round.begin(identity, number, seed, BITCOIN_ORIGIN);
}

/** A round with ground on Bitcoin's block 100: the segment of another can follow. */
export function bitcoinRound(): Round {
  const round = waitingRound(5);
  round.workOn(round.addSegment(segmentAt(100)));
  store(round);
  return round;
}

/** Notes the round as stored, which leases more ground where it is short. */
export function store(round: Round): void {
  round.stored(round.toRecord(), round.shares);
}

/** Takes all ground of connections with this second byte that is leased by now. */
export function takeLeased(round: Round, secondByte: number): void {
  while (round.leases.ofConnection(secondByte) !== undefined);
}

/** A round after all ground with this second byte was taken. */
export function usedUp(round: Round, secondByte: number): Round {
  do {
    store(round);
    takeLeased(round, secondByte);
  } while (round.leases.isShortFor(secondByte));
  return round;
}
