import pino, { type Logger } from 'pino';
import { prettyFactory } from 'pino-pretty';

export type Log = Logger;

export const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

const STDOUT = 1;
/** Lines that can't be written wait up to this size for a disk with room. */
const MAX_WAITING_BYTES = 2 ** 20;

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
