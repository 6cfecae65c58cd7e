import { NoStratumError } from './messages';

/** Longer lines are no Stratum. */
export const MAX_LINE_BYTES = 4_096;
const LF = 0x0a;

/** Splits what comes over a connection into lines. Keeps at most one unfinished line. */
export class Lines {
  private rest: Buffer = Buffer.alloc(0);

  /** The lines that are whole with these bytes. @throws NoStratumError when one is longer than MAX_LINE_BYTES */
  push(bytes: Buffer): string[] {
    const lines: string[] = [];
    let from = 0;
    for (let at = bytes.indexOf(LF); at >= 0; at = bytes.indexOf(LF, from)) {
      lines.push(this.whole(bytes.subarray(from, at)));
      from = at + 1;
    }
    this.rest = Buffer.from(this.joined(bytes.subarray(from)));
    return lines.filter((line) => line.trim() !== '');
  }

  private whole(end: Buffer): string {
    const line = this.joined(end);
    this.rest = Buffer.alloc(0);
    return line.toString('utf8');
  }

  private joined(end: Buffer): Buffer {
    if (this.rest.length + end.length > MAX_LINE_BYTES) {
      throw new NoStratumError(`expected lines of at most ${MAX_LINE_BYTES} bytes`);
    }
    return this.rest.length === 0 ? end : Buffer.concat([this.rest, end]);
  }
}
