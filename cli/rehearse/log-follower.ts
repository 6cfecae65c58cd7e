import { openSync, closeSync, readSync, fstatSync, statSync } from 'node:fs';
import { StringDecoder } from 'node:string_decoder';

const CHUNK_BYTES = 64 * 1024;
/** A line that is longer is cut. */
const MAX_LINE_CHARS = 4096;

/** Reads what is added to a log, over its rotation: a node begins task.log anew at 5 MB. */
export class LogFollower {
  private offset: number;
  private inode: number;
  private decoder = new StringDecoder('utf8');
  private rest = '';

  /** Begins at the log's end. */
  constructor(private readonly file: string) {
    const stats = statSync(file, { throwIfNoEntry: false });
    this.offset = stats?.size ?? 0;
    this.inode = stats?.ino ?? 0;
  }

  /** The whole lines since the last call. */
  read(): string[] {
    let descriptor: number;
    try {
      descriptor = openSync(this.file, 'r');
    } catch {
      // Between two files of a rotation.
      return [];
    }
    try {
      const { size, ino } = fstatSync(descriptor);
      if (ino !== this.inode || size < this.offset) {
        this.offset = 0;
        this.inode = ino;
        this.rest = '';
        this.decoder = new StringDecoder('utf8');
      }
      return this.linesOf(descriptor);
    } finally {
      closeSync(descriptor);
    }
  }

  private linesOf(descriptor: number): string[] {
    const chunk = Buffer.alloc(CHUNK_BYTES);
    const lines: string[] = [];
    for (;;) {
      const length = readSync(descriptor, chunk, 0, CHUNK_BYTES, this.offset);
      if (length === 0) return lines;
      this.offset += length;
      const parts = (this.rest + this.decoder.write(chunk.subarray(0, length))).split(/\r?\n/);
      this.rest = parts.pop()!.slice(0, MAX_LINE_CHARS);
      lines.push(...parts.map((line) => line.slice(0, MAX_LINE_CHARS)));
    }
  }
}
