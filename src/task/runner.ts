import { monotonicClock as clock } from '../clock';
import { localTestMode } from '../koii/identity';
import { roundTimes } from '../koii/round-times';
import type { Patience } from '../koii/patience';
import type { MiningNode } from '../node';
import { RoundRunner, type RoundChain } from '../rounds/round-runner';
import type { Account } from './account';
import type { Alarms } from './alarms';
import { roundThatRuns } from './round-time';

/** How long a round of the local test mode is mined where its owner says nothing. */
const LOCAL_TEST_SECONDS = 10;

const chain: RoundChain = {
  current: roundThatRuns,
  times: (round) => roundTimes(round, () => clock.now()),
};

/** In the SDK's local test mode whatever is announced runs, until its time is over. */
const localChain: RoundChain = {
  current: (expected = 0) => Promise.resolve(expected),
  times: () => Promise.resolve(undefined),
};

/** Mines the rounds that the node announces. */
export function createRunner(
  { log, miner, roundStore, seeds, settings }: MiningNode,
  { patiently }: Patience,
  account: Account,
  alarms: Alarms,
): RoundRunner {
  return new RoundRunner({
    ...{ clock, log, miner, patiently, seeds },
    chain: localTestMode ? localChain : chain,
    budgetMs() {
      const { MINING_SECONDS } = settings.current;
      return 1000 * (MINING_SECONDS || (localTestMode ? LOCAL_TEST_SECONDS : Infinity));
    },
    isBegun: async (round) => (await roundStore.inPlaceOf(round)) === round,
    mayMine: () => account.isKeptAsFarAsKnown(),
    mustCome: (coming) => alarms.mustCome(coming),
  });
}
