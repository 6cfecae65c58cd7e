import pino, { type Logger } from 'pino';
import { prettyFactory } from 'pino-pretty';

export type Log = Logger;

export const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** What others can cause is told so often at most. */
const SPARING_MS = 60_000;

/**
 * Lines for people.
 * @param write takes each; without it they go to stdout, which a Koii node writes to task.log
 */
export function createLog(
  level: LogLevel,
  write: (line: string) => void = (line) => void process.stdout.write(line),
): Log {
  const pretty = prettyFactory({
    colorize: false,
    ignore: 'pid,hostname',
    translateTime: 'SYS:yyyy-mm-dd HH:MM:ss',
  });
  return pino(
    { level, serializers: { error: pino.stdSerializers.err } },
    { write: (entry: string) => write(pretty(entry)) },
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
