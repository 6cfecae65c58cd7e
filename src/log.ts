import pino, { type Logger } from 'pino';
import { prettyFactory } from 'pino-pretty';

export type Log = Logger;

export const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

const STDOUT = 1;
/** Lines that can't be written wait up to this size for a disk with room. */
const MAX_WAITING_BYTES = 2 ** 20;

/** What others can cause is told so often at most. */
const SPARING_MS = 60_000;

/** Lines for people on a file descriptor; on stdout a Koii node writes them to task.log. */
export function createLog(level: LogLevel, fd = STDOUT): Log {
  const pretty = prettyFactory({
    colorize: false,
    ignore: 'pid,hostname',
    translateTime: 'SYS:yyyy-mm-dd HH:MM:ss',
  });
  const lines = pino.destination({ dest: fd, sync: true, maxLength: MAX_WAITING_BYTES });
  // A full disk is no reason to die.
  lines.on('error', () => undefined);
  return pino(
    { level, serializers: { error: pino.stdSerializers.err } },
    { write: (entry: string) => void lines.write(pretty(entry)) },
  );
}

/**
 * Keeps what others can cause from filling the log: tells of it the first time, then once a minute at most.
 * @param tell is given how often it happened since it was told of last, this time included
 */
export function sparingly<T extends unknown[]>(
  tell: (times: number, ...of: T) => void,
  now: () => number = () => performance.now(),
): (...of: T) => void {
  let times = 0;
  let quietUntilMs = -Infinity;
  return (...of) => {
    times++;
    if (now() < quietUntilMs) return;
    quietUntilMs = now() + SPARING_MS;
    tell(times, ...of);
    times = 0;
  };
}
