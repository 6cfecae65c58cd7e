import { execFileSync } from 'node:child_process';
import { appendFileSync, closeSync, constants, openSync, readSync, writeSync } from 'node:fs';

const LOOK_MS = 20;
const TIMES = { readMs: 10_000, stalledMs: 20_000 };
const CHUNK_BYTES = 65_536;
/** Fills the pipe; does not occur in a log. */
const FILLING = Buffer.alloc(4096, 0);

/**
 * A named pipe for a process's output, whose reader stalls: it reads for a while, then stops for a while and keeps
 * the pipe full, as it would become in time. A careless writer then blocks.
 */
export class StalledPipe {
  private readonly reading: number;
  private readonly filling: number;
  private readonly timer: NodeJS.Timeout;
  private readonly openedAt = performance.now();
  private readonly chunk = Buffer.alloc(CHUNK_BYTES);

  /**
   * @param path where mkfifo creates the pipe
   * @param logPath the file to which the output is appended
   */
  constructor(
    readonly path: string,
    private readonly logPath: string,
    private readonly times = TIMES,
  ) {
    execFileSync('mkfifo', [path]);
    this.reading = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    // Also keeps the pipe open while its process restarts.
    this.filling = openSync(path, constants.O_WRONLY | constants.O_NONBLOCK);
    this.timer = setInterval(() => this.look(), LOOK_MS);
  }

  /** Whether the reader is stalling. */
  get isStalled(): boolean {
    const { readMs, stalledMs } = this.times;
    return (performance.now() - this.openedAt) % (readMs + stalledMs) > readMs;
  }

  /** Reads what is left and removes the reader. */
  close(): void {
    clearInterval(this.timer);
    this.read();
    closeSync(this.reading);
    closeSync(this.filling);
  }

  private look(): void {
    if (this.isStalled) this.fill();
    else this.read();
  }

  private fill(): void {
    untilItWouldWait(() => writeSync(this.filling, FILLING));
  }

  private read(): void {
    untilItWouldWait(() => {
      const bytes = readSync(this.reading, this.chunk);
      appendFileSync(this.logPath, this.chunk.subarray(0, bytes).filter(Boolean));
    });
  }
}

function untilItWouldWait(act: () => void): void {
  try {
    for (;;) act();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
  }
}
