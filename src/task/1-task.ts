import { setTimeout as sleep } from 'node:timers/promises';
import { localTestMode } from '../koii/identity';
import { roundTimes } from '../koii/round-times';
import { taskContext } from './context';
import { patiently } from './patience';
import { checkRound, roundsUntil } from './round-time';

const LOCAL_TEST_SECONDS = 10;
/** The seed of the round that is mined is looked at again after this, in a round of minutes, or this part of it. */
const FIRST_LOOK_MS = 5000;
const FIRST_LOOK_PART = 0.01;
/** Later than this, what was mined is worth more than another view of the chain (docs/PROTOCOL.md section 3). */
const CORRECTABLE_PART = 0.1;
/** The same where the node doesn't tell how long a round is: a tenth of one by config-task.yml. */
const CORRECTABLE_MS = 49_000;

/** Rounds worked on: one that is announced twice is mined once. */
const working = new Map<number, Promise<void>>();
/** The latest round of which mining began; none before it is begun any more. */
let latest = -1;

/**
 * Mines a round while the chain says that it runs: to the end of its window, or until the next round
 * starts. The node doesn't wait for it, so failures end in the log.
 */
export function task(roundNumber: number): Promise<void> {
  const running =
    working.get(roundNumber) ?? work(roundNumber).finally(() => working.delete(roundNumber));
  working.set(roundNumber, running);
  return running;
}

async function work(round: number): Promise<void> {
  const { log, alarms } = await taskContext();
  try {
    checkRound(round);
    // However long the node is away: when it is back, it tells whether the round still runs.
    const tries = Infinity;
    let seed = await alarms.mustCome(
      patiently(`round ${round}`, log, () => seedToMine(round), { tries }),
    );
    while (seed) seed = await mineUntilCorrected(round, seed);
  } catch (error) {
    log.error({ error }, `round ${String(round)} is not mined`);
  }
}

/**
 * The seed of a round that runs; undefined when it is over, or so far ahead that no delay explains it.
 * @throws while this can't be told, or the chain has yet to reach the round.
 */
async function seedToMine(round: number): Promise<Buffer | undefined> {
  const { log, seeds } = await taskContext();
  if (!localTestMode) {
    const wait = await roundsUntil(round);
    if (wait < 0 || wait > 1) {
      log.warn(`round ${round} is not mined: the chain is in round ${round - wait}`);
      return undefined;
    }
    if (wait === 1) throw new Error(`the chain is still in round ${round - 1}`);
  }
  return seeds.of(round);
}

/** Mines a round on a seed. @returns the right one, where the chain shows soon that this one was wrong */
async function mineUntilCorrected(round: number, seed: Buffer): Promise<Buffer | undefined> {
  const { log, miner } = await taskContext();
  const { durationMs, ...looks } = await plan(round);
  if (latest > round) return undefined;
  latest = round;
  const ending = new AbortController();
  const mined = miner.mine(round, seed, durationMs).then(() => undefined);
  const corrected = await Promise.race([mined, correction(round, seed, looks, ending.signal)]);
  ending.abort();
  if (corrected) log.warn(`the node showed round ${round - 2} incompletely: mining starts over`);
  if (miner.miningRound === round) await miner.pause();
  return corrected;
}

interface Plan {
  durationMs: number;
  firstLookMs: number;
  /** For how long from now another seed is mined on. */
  correctableMs: number;
}

/** Resolves to another seed as soon as the chain gives one in time; to undefined when the round is over. */
async function correction(
  round: number,
  seed: Buffer,
  { firstLookMs, correctableMs }: Omit<Plan, 'durationMs'>,
  signal: AbortSignal,
): Promise<Buffer | undefined> {
  const { log, seeds } = await taskContext();
  const correctableUntil = performance.now() + correctableMs;
  for (let waitMs = firstLookMs; ; waitMs *= 2) {
    await sleep(waitMs, undefined, { signal }).catch(() => undefined);
    if (signal.aborted) return undefined;
    try {
      if (!localTestMode && (await roundsUntil(round)) < 0) return undefined;
      if (performance.now() > correctableUntil) continue;
      const confirmed = await seeds.confirm(round);
      if (!confirmed.equals(seed)) return confirmed;
    } catch (error) {
      log.warn({ error }, `the seed of round ${round} can't be confirmed now`);
    }
  }
}

async function plan(round: number): Promise<Plan> {
  const { MINING_SECONDS } = (await taskContext()).settings.current;
  const seconds = MINING_SECONDS || (localTestMode ? LOCAL_TEST_SECONDS : Infinity);
  const looks = { firstLookMs: FIRST_LOOK_MS, correctableMs: CORRECTABLE_MS };
  if (localTestMode) return { durationMs: seconds * 1000, ...looks };
  // Where the end can't be learned, the start of the next round ends this one.
  const times = await roundTimes(round).catch(() => undefined);
  if (!times) return { durationMs: seconds * 1000, ...looks };
  const roundMs = times.endsAt - times.startsAt;
  const leftMs = Math.max(0, times.endsAt - Date.now());
  return {
    durationMs: Math.min(leftMs, seconds * 1000),
    firstLookMs: Math.min(FIRST_LOOK_MS, FIRST_LOOK_PART * roundMs),
    correctableMs: leftMs - (1 - CORRECTABLE_PART) * roundMs,
  };
}
