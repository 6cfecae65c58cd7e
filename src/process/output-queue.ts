/** Waiting output is kept in blocks, each written or dropped as a whole. */
export const BLOCK_BYTES = 2 ** 16;
export const MAX_BLOCKS = 16;
/** Room for the note after text that was cut. */
const NOTE_BYTES = 64;

/** C0 except line feed and tab, DEL, C1; line separators; marks that change the direction of text. */
const UNPRINTABLE = /[^\P{Cc}\n\t]|[\u2028-\u202e\u2066-\u2069]/gu;
const LINE_FEED = 0x0a;
/** Shorter secrets could be ordinary words. */
const SHORTEST_SECRET = 8;

/** Where the bytes of a queue go. */
export interface Sink {
  /**
   * Takes bytes, which don't change until done.
   * @param done called once, now or later, when they are written or can't be
   */
  write(bytes: Buffer, done: (error?: Error | null) => void): void;
  /** Writes what it can in a moment, after what it took before, because the process ends. */
  flush(bytes: Buffer): void;
}

interface Block {
  bytes: Buffer;
  length: number;
}

/**
 * Output that nothing waits for. What the reader doesn't take is kept, up to MAX_BLOCKS of BLOCK_BYTES; beyond that the
 * oldest is dropped and counted, and the reader is told once it reads again.
 */
export class OutputQueue {
  /** Lines that nobody has seen or will see. */
  droppedLines = 0;
  private toldLines = 0;
  private readonly waiting: Block[] = [];
  /** Blocks are reused: allocating one for each line would be expensive. */
  private readonly spare: Block[] = [];
  private isWriting = false;
  private isEnding = false;

  /** @param secret replaced wherever it occurs, unless it has fewer than eight characters */
  constructor(
    private readonly sink: Sink,
    private readonly secret = '',
  ) {}

  /** Takes text of any length. Control characters are escaped; text too long for a block is cut. */
  push(text: string): void {
    const { secret } = this;
    const said = secret.length < SHORTEST_SECRET ? text : text.replaceAll(secret, '[secret]');
    this.append(printable(said));
    if (this.isEnding) this.flush();
    else this.writeNext();
  }

  /** For the end of the process: everything waiting, and everything after it, is written at once or never. */
  flush(): void {
    this.isEnding = true;
    const blocks = this.waiting.splice(0).map(contentOf);
    this.sink.flush(Buffer.concat([this.notice(), ...blocks]));
    this.toldLines = this.droppedLines;
  }

  private append(text: string): void {
    let block = this.waiting.at(-1);
    if (!block || block.length + Buffer.byteLength(text) > BLOCK_BYTES) {
      if (this.waiting.length === MAX_BLOCKS) this.drop(this.waiting.shift()!);
      block = this.spare.pop() ?? { bytes: Buffer.allocUnsafeSlow(BLOCK_BYTES), length: 0 };
      this.waiting.push(block);
    }
    block.length += block.bytes.write(text, block.length);
  }

  private writeNext(): void {
    if (this.isWriting || this.isEnding) return;
    const block = this.waiting.shift();
    if (!block) return;
    this.isWriting = true;
    const told = this.droppedLines;
    const notice = this.notice();
    const content = contentOf(block);
    this.sink.write(notice.length > 0 ? Buffer.concat([notice, content]) : content, (error) => {
      this.isWriting = false;
      if (error) {
        this.drop(block);
      } else {
        this.toldLines = told;
        this.free(block);
      }
      this.writeNext();
    });
  }

  private drop(block: Block): void {
    for (const byte of contentOf(block)) if (byte === LINE_FEED) this.droppedLines++;
    this.free(block);
  }

  private free(block: Block): void {
    block.length = 0;
    this.spare.push(block);
  }

  private notice(): Buffer {
    const lines = this.droppedLines - this.toldLines;
    return Buffer.from(
      lines > 0 ? `${lines} lines were dropped: nobody read them, or the disk was full\n` : '',
    );
  }
}

function contentOf({ bytes, length }: Block): Buffer {
  return bytes.subarray(0, length);
}

/** Text that fits in a block and can't affect a terminal. */
function printable(text: string): string {
  const escaped = text.slice(0, BLOCK_BYTES).replace(UNPRINTABLE, escapeOf);
  if (text.length <= BLOCK_BYTES && Buffer.byteLength(escaped) <= BLOCK_BYTES) return escaped;
  const kept = Buffer.from(escaped).toString('utf8', 0, BLOCK_BYTES - NOTE_BYTES);
  return `${kept}… (cut: it has ${text.length} characters)\n`;
}

function escapeOf(character: string): string {
  const code = character.charCodeAt(0);
  return code < 0x100
    ? `\\x${code.toString(16).padStart(2, '0')}`
    : `\\u${code.toString(16).padStart(4, '0')}`;
}
