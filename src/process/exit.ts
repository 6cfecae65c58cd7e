import { startWatchdog } from './event-loop';
import type { Log } from './log';

// How this process ends: what there is to save is saved first, as far as the time allows.

/** What nothing caught since this process started. */
export const uncaught = { rejections: 0, exceptions: 0 };

/** A node that doesn't get its way within two seconds kills the process. */
const STOP_MS = 1500;

/** What there is to save, and where to log, once there is something and somewhere. */
let save: () => Promise<void> = () => Promise.resolve();
let log: Log | undefined;
let stopping = false;

/** Has `stop` log its reason and save what was found before the process ends. */
export function saveAtTheEnd(where: Log, what: () => Promise<void>): void {
  log = where;
  save = what;
}

/** Has all that was found saved, and ends the process with 0, upon which a node starts it again. */
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
 * Decides how this process ends. When the node asks for it or is gone: everything is saved, exit code
 * 0. After an exception that nothing caught, when its state can't be trusted: the same, for the node
 * starts a task again after 0 and gives it up after 1. A rejection that nothing caught is logged and
 * survived: the SDK waits for none of its own promises, and rejects when it can't read an answer. When
 * the main loop hangs, nothing can be saved: a watchdog ends the process with 0.
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
