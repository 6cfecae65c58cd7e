const READ_MS = 5_000;
/** Together as long as a usual scrape interval. */
const READINGS = 3;

interface Reading {
  atMs: number;
  /** Of all threads, user and system time, since the process started. */
  cpuMs: number;
}

/**
 * How much of the machine this process uses. Readings are taken at fixed intervals, so the answer doesn't depend on who
 * asks, or how often.
 */
export class ProcessUsage {
  private readings: Reading[] = [read()];

  constructor(readMs = READ_MS) {
    setInterval(() => this.note(read()), readMs).unref();
  }

  /** CPU seconds per second over the last 15 s; 1 is one core. 0 for the first 5 s. */
  get cpuRatio(): number {
    const [oldest, newest] = [this.readings[0]!, this.readings[this.readings.length - 1]!];
    const elapsedMs = newest.atMs - oldest.atMs;
    return elapsedMs > 0 ? (newest.cpuMs - oldest.cpuMs) / elapsedMs : 0;
  }

  /** Resident set size. */
  get memoryBytes(): number {
    return process.memoryUsage.rss();
  }

  /** Seconds since the process started. */
  get uptimeS(): number {
    return process.uptime();
  }

  private note(reading: Reading): void {
    this.readings = [...this.readings, reading].slice(-READINGS - 1);
  }
}

function read(): Reading {
  const { user, system } = process.cpuUsage();
  return { atMs: performance.now(), cpuMs: (user + system) / 1000 };
}
