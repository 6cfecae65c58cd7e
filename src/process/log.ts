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

/** What is said of a trouble while it lasts, and when it is over. */
export interface TroubleWords {
  lasting: string;
  over: string;
}

/** A trouble that lasts: told whole when it begins, then counted, with a line when it is over. A beginning or a count a minute at most. */
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

  /** @param error is told with its stack where it begins the trouble; undefined where the message says all */
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
