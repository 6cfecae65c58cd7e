import { setTimeout as sleep } from 'node:timers/promises';
import type { DistributionList } from '@_koii/task-manager';
import { isSameList, needsDefence } from '../distribution/list-defence';
import { currentRound } from '../koii/chain';
import { listMadeBy, listsOnTrial, voteForList } from '../koii/lists';
import { roundTimes } from '../koii/round-times';
import { taskContext } from './context';

/** So many times the lists are looked at, spread over the audit window: the last vote still needs time to land. */
const LOOKS = 10;

/** This node's own list of each round whose lists it watches. */
const watched = new Map<number, DistributionList>();

/**
 * Watches the lists of a round until their audit window ends, and votes for those that equal this node's own when
 * another votes against them. The SDK looks at the votes once, when the window opens, and keeps silent about a list
 * that nobody doubts: one vote against, cast a moment later, would be the only one.
 * @param own the list that this node made of the round
 */
export function watchLists(round: number, own: DistributionList, self: string): void {
  const isWatched = watched.has(round);
  watched.set(round, own);
  if (!isWatched) void watch(round, self).finally(() => watched.delete(round));
}

async function watch(round: number, self: string): Promise<void> {
  const { log } = await taskContext();
  try {
    const { submissionEndsAt, auditEndsAt } = await roundTimes(await currentRound());
    const intervalMs = (auditEndsAt - submissionEndsAt) / (LOOKS + 1);
    const opensAt = performance.now() + submissionEndsAt - Date.now();
    const voted = new Set<string>();
    for (let look = 1; look <= LOOKS; look++) {
      const waitMs = opensAt + look * intervalMs - performance.now();
      if (waitMs < 0) continue;
      await sleep(waitMs);
      await defend(round, self, voted).catch((error: unknown) =>
        log.warn({ error }, `the lists of round ${round} can't be looked at now`),
      );
    }
  } catch (error) {
    log.warn({ error }, `the lists of round ${round} are not watched`);
  }
}

/** Votes for the lists that need it. @param voted whose lists this node has voted for: one vote is all it has */
async function defend(round: number, self: string, voted: Set<string>): Promise<void> {
  const { log } = await taskContext();
  for (const list of await listsOnTrial(round)) {
    const { maker } = list;
    if (voted.has(maker) || !needsDefence(list, self)) continue;
    if (!isSameList(await listMadeBy(maker, round), watched.get(round)!)) continue;
    log.info(`voting for the right list of ${maker} for round ${round}: another voted against it`);
    await voteForList(maker, round);
    // Only now: a vote that failed is tried again at the next look.
    voted.add(maker);
  }
}
