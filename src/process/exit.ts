import { startWatchdog } from './event-loop';
import type { Log } from './log';

// How this process ends: everything is saved first, as far as time allows.

/** Errors that nothing caught since this process started. */
export const uncaught = { rejections: 0, exceptions: 0 };

/** The node kills a task that hasn't ended within two seconds. */
const STOP_MS = 1500;

/** What to save and where to log, once saveAtTheEnd has said so. */
let save: () => Promise<void> = () => Promise.resolve();
let log: Log | undefined;
let stopping = false;

/** Has stop() log to this log and save what was found before the process ends. */
export function saveAtTheEnd(where: Log, what: () => Promise<void>): void {
  log = where;
  save = what;
}

/** Saves what was found, and ends the process with 0: the node then starts it again. */
export function stop(why: string): void {
  if (stopping) return;
  stopping = true;
  log?.info(`stopping: ${why}`);
  const exit = (): void => process.exit(0);
  setTimeout(exit, STOP_MS);
  save()
    .catch((error: unknown) => tell(error, 'not everything could be saved'))
    .finally(exit);
}

/**
 * Decides how this process ends. If the node asks for it or is gone, everything is saved and the exit code is 0. An
 * uncaught exception, after which the state can't be trusted, ends it the same way: the node restarts a task after 0
 * and gives up after 1. An unhandled rejection is only logged: the SDK awaits none of its own promises, and they reject
 * when it can't read an answer. If the main loop hangs, nothing can be saved: a watchdog ends the process with 0.
 */
export function watchTheProcess(): void {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => stop(signal));
  process.on('disconnect', () => stop('the node is gone'));
  process.on('uncaughtException', (error) => {
    uncaught.exceptions++;
    tell(error, 'nothing caught this exception');
    stop('an exception that nothing caught');
  });
  process.on('unhandledRejection', (reason) => {
    uncaught.rejections++;
    tell(reason, 'nothing caught this rejection');
  });
  startWatchdog((message) => (log ? log.warn(message) : console.warn(message)));
}

function tell(error: unknown, message: string): void {
  if (log) log.error({ error }, message);
  else console.error(message, error);
}
