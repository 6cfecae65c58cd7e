import { closeSync, existsSync, openSync } from 'node:fs';
import { expect } from 'chai';
import fc from 'fast-check';
import { FileSink } from '../../src/process/output';
import { BLOCK_BYTES, MAX_BLOCKS, OutputQueue, type Sink } from '../../src/process/output-queue';

const MAX_BYTES = BLOCK_BYTES * MAX_BLOCKS;
const FULL = '/dev/full';
const NOTICE = /^(\d+) lines were dropped: nobody read them, or the disk was full\n/;

/** A reader that reads only when told to. */
class FakeSink implements Sink {
  readonly blocks: string[] = [];
  flushed = '';
  pending: ((error?: Error) => void) | undefined;

  write(bytes: Buffer, done: (error?: Error | null) => void): void {
    expect(this.pending, 'one write at a time').to.equal(undefined);
    this.blocks.push(bytes.toString());
    this.pending = done;
  }

  flush(bytes: Buffer): void {
    this.flushed += bytes.toString();
  }

  /** Reads the waiting block, and all that follow. */
  readAll(error?: Error): string {
    while (this.pending) {
      const done = this.pending;
      this.pending = undefined;
      done(error);
    }
    return this.blocks.splice(0).join('');
  }
}

describe('the queue of output', () => {
  let sink: FakeSink;
  let queue: OutputQueue;
  beforeEach(() => {
    sink = new FakeSink();
    queue = new OutputQueue(sink);
  });

  it('hands on all text, in order, at once where it can and joined where it has to wait', () => {
    for (let i = 0; i < 5; i++) queue.push(`line ${i}\n`);
    expect(sink.blocks).to.deep.equal(['line 0\n']);
    const done = sink.pending!;
    sink.pending = undefined;
    done();
    expect(sink.blocks).to.deep.equal(['line 0\n', 'line 1\nline 2\nline 3\nline 4\n']);
  });

  it('keeps the newest, up to its bound, counts the others and tells of them', () => {
    const line = (i: number): string => `line ${String(i).padStart(6)} ${'x'.repeat(86)}\n`;
    const lines = 20_000;
    for (let i = 0; i < lines; i++) queue.push(line(i));
    const [first] = sink.blocks.splice(0);
    const text = sink.readAll();
    const [notice, dropped] = NOTICE.exec(text)!;
    expect(first).to.equal(line(0));
    expect(Number(dropped)).to.equal(queue.droppedLines);
    const kept = text.slice(notice.length);
    expect(kept.length).to.be.within(MAX_BYTES - 2 * BLOCK_BYTES, MAX_BYTES);
    const from = 1 + queue.droppedLines;
    expect(kept).to.equal(Array.from({ length: lines - from }, (_, i) => line(from + i)).join(''));
    queue.push('and on\n');
    expect(sink.readAll(), 'told once').to.equal('and on\n');
  });

  it('loses nothing below its bound, whatever is written and read when', () => {
    // Another test is about escaping.
    const text = fc
      .string({ maxLength: 200, unit: 'grapheme' })
      .map((any) => any.replace(/[^\P{Cc}\n\t]|[\u2028-\u202e\u2066-\u2069]/gu, '?'));
    const step = fc.oneof(text, fc.constant(undefined));
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const reader = new FakeSink();
        const of = new OutputQueue(reader);
        let read = '';
        for (const text of steps) {
          if (text === undefined) read += reader.readAll();
          else of.push(text);
        }
        read += reader.readAll();
        expect(read).to.equal(steps.join(''));
        expect(of.droppedLines).to.equal(0);
      }),
    );
  });

  it('keeps a secret back, wherever it stands', () => {
    const secret = 'Wq7vUuE2kD';
    const of = new OutputQueue(sink, secret);
    of.push(`{ data: '{"secret":"${secret}"}' } ${secret}\n`);
    expect(sink.readAll()).to.equal(`{ data: '{"secret":"[secret]"}' } [secret]\n`);
    const word = new OutputQueue(sink, 'secret');
    word.push('no secret\n');
    expect(sink.readAll()).to.equal('no secret\n');
  });

  it('counts what could not be written, and tells when it can again', () => {
    queue.push('one\ntwo\n');
    queue.push('three\n');
    sink.readAll(new Error('no room'));
    expect(queue.droppedLines).to.equal(3);
    queue.push('four\n');
    expect(sink.readAll())
      .to.match(NOTICE)
      .and.match(/^3 lines .*\nfour\n$/);
  });

  it('lets no control character through but line feed and tab', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        queue.push(text);
        expect(sink.readAll()).to.match(
          // eslint-disable-next-line no-control-regex
          /^[^\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]*$/,
        );
      }),
    );
    queue.push('\x1b[31m\u202etxt\x9b\x7f\r\n\tüöß €\u{1f40b}');
    expect(sink.readAll()).to.equal('\\x1b[31m\\u202etxt\\x9b\\x7f\\x0d\n\tüöß €\u{1f40b}');
  });

  for (const character of ['x', '€', '\x1b']) {
    it(`cuts what no block can hold, and says how long it was: ${JSON.stringify(character)}`, () => {
      queue.push(character.repeat(200_000));
      const text = sink.readAll();
      expect(text).to.match(/… \(cut: it has 200000 characters\)\n$/);
      expect(Buffer.byteLength(text)).to.be.within(BLOCK_BYTES - 100, BLOCK_BYTES);
    });
  }

  it('writes at the end what waits, and all that comes after', () => {
    queue.push('taken\n');
    queue.push('waits\n');
    queue.flush();
    queue.push('late\n');
    expect(sink.blocks.concat(sink.flushed)).to.deep.equal(['taken\n', 'waits\nlate\n']);
  });

  it('survives a full disk', function () {
    if (!existsSync(FULL)) this.skip(); // a device of Linux
    const fd = openSync(FULL, 'w');
    const full = new OutputQueue(new FileSink(fd));
    for (let i = 0; i < 2000; i++) full.push(`${'x'.repeat(1000)}\n`);
    full.flush();
    expect(full.droppedLines).to.equal(2000);
    closeSync(fd);
  });
});
