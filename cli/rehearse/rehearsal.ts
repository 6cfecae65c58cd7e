import { copyFileSync, existsSync, readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { RECORD_FILE } from '../../src/koii/recorder';
import type { Clock } from '../../src/process/clock';
import { LogFollower } from './log-follower';
import type { NodeTask } from './node-directory';
import { Observations, type Check, type SidePortReport } from './observations';
import type { RehearsalBundle } from './rehearsal-bundle';
import { Replacement } from './replacement';

const LOOK_MS = 1_000;
const ASK_MS = 5_000;
/** A node that restarts the task has done so by then; downloads are none. */
const START_MS = 180_000;
/** After two changes within this time the node ignores the second (koii-node, AppWrapper.tsx). */
export const COOLDOWN_MS = 60_000;

export interface RehearsalOptions {
  bundle: RehearsalBundle;
  task: NodeTask;
  executable: string;
  clock: Clock;
  /** Ends it early, as Ctrl-C does. */
  signal: AbortSignal;
  /** The longest that it takes, ms. */
  limitMs: number;
  say: (line: string) => void;
  ask: (origin: string) => Promise<SidePortReport | undefined>;
  seenMs?: number;
}

/**
 * Runs a bundle in the place of a sandbox task for two rounds, and puts the original back in any case.
 * @throws what Replacement throws
 */
export async function rehearse(options: RehearsalOptions): Promise<Check[]> {
  const { bundle, clock, executable, say, seenMs, task } = options;
  const replacement = new Replacement(executable, seenMs);
  const follower = new LogFollower(task.log);
  const seen = new Observations(bundle.id);
  const installedAt = clock.now();
  try {
    await replacement.install(bundle.bytes);
    say(
      'the rehearsal bundle is in the place of the sandbox task: waiting for the node to start it',
    );
    await follow(options, follower, seen);
  } finally {
    const outcome = await replacement.restore();
    say(
      outcome === 'changed'
        ? `${executable} was changed by somebody else meanwhile, and stays as it is`
        : "the sandbox task's own bundle is back in its place",
    );
    if (clock.now() - installedAt < COOLDOWN_MS) {
      say('so soon the node may not restart the task by itself: stop and start it in the node');
    }
  }
  return seen.checks();
}

async function follow(
  { ask, clock, limitMs, say, signal }: RehearsalOptions,
  follower: LogFollower,
  seen: Observations,
): Promise<void> {
  const beganAt = clock.now();
  let askAt = -Infinity;
  let told = '';
  while (!signal.aborted) {
    for (const line of follower.read()) seen.line(line);
    const now = clock.now();
    if (seen.address !== undefined && (now >= askAt || seen.isComplete)) {
      const report = await ask(seen.address);
      if (report) seen.answered(report);
      askAt = clock.now() + ASK_MS;
    }
    if (seen.isComplete || now - beganAt >= limitMs) return;
    if (!seen.hasStarted && now - beganAt >= START_MS) return;
    const progress = progressOf(seen);
    if (progress !== told) say((told = progress));
    await clock.until(now + LOOK_MS, signal).catch((error: unknown) => {
      if (!signal.aborted) throw error;
    });
  }
}

/** In steps of half a minute, so that it isn't a line a second. */
function progressOf({ hasStarted, round, secondsLeft }: Observations): string {
  if (!hasStarted) return 'not started yet';
  if (round === undefined) return 'started; no round is mined yet';
  if (secondsLeft === undefined) return `round ${round}`;
  return `round ${round}, about ${30 * Math.ceil(secondsLeft / 30)} s left`;
}

/**
 * Takes the calls that a recording build kept in the task's folder.
 * @returns whether there were any
 */
export function collectRecord(task: NodeTask, to: string): boolean {
  const found = recordsIn(task.directory);
  for (const file of found) {
    copyFileSync(file, to);
    rmSync(file, { force: true });
  }
  return found.length > 0;
}

/** Beside the store or in its folder. */
function recordsIn(directory: string): string[] {
  if (!existsSync(directory)) return [];
  return readdirSync(directory, { withFileTypes: true }).flatMap((entry) => {
    const inside = path.join(directory, entry.name);
    if (entry.isFile()) return entry.name.endsWith(RECORD_FILE) ? [inside] : [];
    if (!entry.isDirectory()) return [];
    return existsSync(path.join(inside, RECORD_FILE)) ? [path.join(inside, RECORD_FILE)] : [];
  });
}
