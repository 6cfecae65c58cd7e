import type { Ledger } from './ledger';
import type { RoundEvent } from './node-process';
import type { PhaseName } from './schedule';

/** Whether a round belongs to a run: rounds 0 to `count` - 1, or all from 0 on if `count` is 0. */
export function isInRun(round: number, count: number): boolean {
  return round >= 0 && (count === 0 || round < count);
}

/** The event that starts the work of the ledger's current round; none after the run's last round. */
export function startEvents(ledger: Ledger, count: number): RoundEvent[] {
  const round = ledger.currentRound;
  return isInRun(round, count) ? [{ functionCall: 'executeTask', roundNumber: round }] : [];
}

/** The events of a window of the ledger's current round, in the node's order. */
export function windowEvents(ledger: Ledger, window: PhaseName, count: number): RoundEvent[] {
  const submitted = [ledger.currentRound - 1].filter((round) => isInRun(round, count));
  const distributed = ledger.roundsDueForLists().filter((round) => isInRun(round, count));
  switch (window) {
    case 'submission':
      return [
        ...submitted.map((roundNumber) => ({
          functionCall: 'submitPayload' as const,
          roundNumber,
        })),
        ...distributed.map((roundNumber) => ({
          functionCall: 'generateAndSubmitDistributionList' as const,
          roundNumber,
          isPreviousRoundFailed: ledger.hasFailedLately(roundNumber),
        })),
      ];
    case 'audit':
      return [
        ...submitted.map((roundNumber) => ({ functionCall: 'auditPayload' as const, roundNumber })),
        ...distributed.map((roundNumber) => ({
          functionCall: 'distributionListAudit' as const,
          roundNumber,
        })),
      ];
    case 'settled':
      return [];
  }
}
