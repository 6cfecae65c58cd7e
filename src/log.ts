import pino, { type Logger } from 'pino';
import pretty from 'pino-pretty';

export type Log = Logger;

export const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** Lines for people on stdout, which a Koii node writes to task.log. */
export function createLog(level: LogLevel): Log {
  const stream = pretty({
    colorize: false,
    sync: true,
    ignore: 'pid,hostname',
    translateTime: 'SYS:yyyy-mm-dd HH:MM:ss',
  });
  return pino({ level, serializers: { error: pino.stdSerializers.err } }, stream);
}
