import pino, { type Logger } from 'pino';
import { prettyFactory } from 'pino-pretty';

export type Log = Logger;

export const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** The shortest time between two lines about something that others can cause. */
const SPARING_MS = 60_000;

/**
 * A log of lines for people.
 * @param write takes each line; by default they go to stdout, which a Koii node writes to task.log
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
 * Keeps something that others can cause from filling the log: reports it the first time, then at most once a minute.
 * @param tell is given how often it happened since the last report, this time included
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

/** How a trouble is described while it lasts, and when it is over. */
export interface TroubleWords {
  lasting: string;
  over: string;
}

/**
 * A trouble that lasts: logged in full when it begins, then only counted, with a line when it is over. At most one line
 * a minute about a beginning or a count.
 */
export class LastingTrouble {
  private failures = 0;
  private sinceMs = 0;
  private quietUntilMs = -Infinity;
  private isTold = false;

  constructor(
    private readonly log: Log,
    private readonly words: TroubleWords,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** @param error logged with its stack if it begins the trouble; undefined if the message says it all */
  failed(message: string, error?: unknown): void {
    const nowMs = this.now();
    if (this.failures++ === 0) this.sinceMs = nowMs;
    if (nowMs < this.quietUntilMs) return;
    this.quietUntilMs = nowMs + SPARING_MS;
    if (this.isTold) this.log.warn(`${this.words.lasting}: ${this.tries()}`);
    else this.log.warn(error === undefined ? {} : { error }, message);
    this.isTold = true;
  }

  over(): void {
    if (this.isTold) this.log.info(`${this.words.over}: ${this.tries()}`);
    this.failures = 0;
    this.isTold = false;
  }

  private tries(): string {
    const seconds = (this.now() - this.sinceMs) / 1000;
    const lasted = seconds < 120 ? `${seconds.toFixed()} s` : `${(seconds / 60).toFixed()} min`;
    return `${this.failures} ${this.failures === 1 ? 'try' : 'tries'} failed in ${lasted}`;
  }
}
