import { execFileSync } from 'node:child_process';
import { appendFileSync, closeSync, constants, openSync, readSync, writeSync } from 'node:fs';

const LOOK_MS = 20;
const TIMES = { readMs: 10_000, stalledMs: 20_000 };
const CHUNK_BYTES = 65_536;
/** What fills the pipe; a log has none. */
const FILLING = Buffer.alloc(4096, 0);

/**
 * A named pipe for the output of a process, with a reader that stalls: it reads for a while, then for a while nothing, and keeps
 * the pipe full, as it would be after some time of that. Whoever writes to it without care then stands still.
 */
export class StalledPipe {
  private readonly reading: number;
  private readonly filling: number;
  private readonly timer: NodeJS.Timeout;
  private readonly openedAt = performance.now();
  private readonly chunk = Buffer.alloc(CHUNK_BYTES);

  /**
   * @param path where the pipe is made, with mkfifo
   * @param logPath the file that what is read is appended to
   */
  constructor(
    readonly path: string,
    private readonly logPath: string,
    private readonly times = TIMES,
  ) {
    execFileSync('mkfifo', [path]);
    this.reading = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    // Also keeps the pipe open while its process is started again.
    this.filling = openSync(path, constants.O_WRONLY | constants.O_NONBLOCK);
    this.timer = setInterval(() => this.look(), LOOK_MS);
  }

  /** Whether the reader stalls now. */
  get isStalled(): boolean {
    const { readMs, stalledMs } = this.times;
    return (performance.now() - this.openedAt) % (readMs + stalledMs) > readMs;
  }

  /** Reads what is left, and goes away. */
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
