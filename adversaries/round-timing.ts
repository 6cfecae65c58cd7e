import { setTimeout as sleep } from 'node:timers/promises';
import { proofsOf } from '../src/audit/auditor';
import type { Windows } from '../src/distribution/ledger';
import { OwnLists } from '../src/distribution/own-lists';
import type { Payouts } from '../src/distribution/payouts';
import { ledger } from '../src/koii/ledger';
import { monotonicClock as clock } from '../src/process/clock';
import { taskContext } from '../src/task/context';
import { honest, type Lifecycle } from './honest';

// What cheaters do at times of their own choice: the SDK asks for a list or a vote at its own times, the list-keeper
// at those of its rules.

/** The real chain, whatever a cheater substitutes for the list-keeper's calls. */
export const chain = { ...ledger };

const POLL_MS = 20;

/** A set-up that does something at the start of each round; failures go to the log. */
export function everyRound(act: (windows: Windows) => Promise<void>): Pick<Lifecycle, 'setup'> {
  return {
    async setup() {
      await honest.setup();
      void followRounds(act);
    },
  };
}

async function followRounds(act: (windows: Windows) => Promise<void>): Promise<never> {
  const { log } = await taskContext();
  for (let last = -1; ; await sleep(POLL_MS)) {
    const windows = await chain.windows().catch(() => undefined);
    if (!windows || windows.round === last) continue;
    last = windows.round;
    act(windows).catch((error: unknown) => log.warn({ error }, 'a lie that failed'));
    await until(windows.endsAt);
  }
}

/** Resolves at a time on the windows' clock. */
export function until(atMs: number): Promise<void> {
  return clock.until(atMs, new AbortController().signal);
}

/** A time in the submission window. */
export function submissionTime({ opensAt, auditAt }: Windows, part: number): number {
  return opensAt + part * (auditAt - opensAt);
}

let lists: OwnLists | undefined;

/** The right list of a round whose submissions are final. */
export async function rightList(round: number, { auditEndsAt }: Windows): Promise<Payouts> {
  const { auditor } = await taskContext();
  lists ??= new OwnLists(
    chain,
    clock,
    (of, submissions, untilMs) =>
      auditor.auditAll(of, proofsOf(submissions), untilMs - clock.now()),
    () => undefined,
  );
  return (await lists.of(round, auditEndsAt)).amounts;
}
