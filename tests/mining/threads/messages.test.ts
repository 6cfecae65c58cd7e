import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { expect } from 'chai';
import fc from 'fast-check';
import { createRing, RingReader, RingWriter } from '../../../src/mining/threads/messages';
import { until } from '../../fixtures/until';

const FILE = path.join(__dirname, '../../../src/mining/threads/messages.ts');

/** A thread that writes messages of the given lengths, each with its number. */
function startWriter(lengths: number[]): {
  ring: SharedArrayBuffer;
  reader: RingReader<{ n: number; body: Uint8Array }>;
  worker: Worker;
} {
  const ring = createRing();
  const code = `
    require('tsx/cjs');
    const { RingWriter } = require(${JSON.stringify(FILE)});
    const { workerData: { ring, lengths } } = require('node:worker_threads');
    const writer = new RingWriter(ring);
    lengths.forEach((length, n) => writer.post({ n, body: new Uint8Array(length).fill(n) }));`;
  const worker = new Worker(code, { eval: true, workerData: { ring, lengths } });
  return { ring, reader: new RingReader(ring), worker };
}

describe('a channel through shared memory', () => {
  it('hands over what was written, in order', () => {
    const ring = createRing();
    const [writer, reader] = [new RingWriter<unknown>(ring), new RingReader<unknown>(ring)];
    expect(reader.read()).to.deep.equal([]);
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 2000 }), { maxLength: 30 }), (messages) => {
        for (const message of messages) writer.post(message);
        expect(reader.read()).to.deep.equal(messages);
      }),
    );
    expect(reader.read()).to.deep.equal([]);
  });

  it('goes on where its counters wrap around', () => {
    const ring = createRing();
    new Int32Array(ring, 0, 2).fill(-50);
    const [writer, reader] = [new RingWriter<string>(ring), new RingReader<string>(ring)];
    for (const text of ['a'.repeat(20), 'b'.repeat(20), 'c'.repeat(20), 'd'.repeat(20)]) {
      writer.post(text);
      expect(reader.read()).to.deep.equal([text]);
    }
    expect(new Int32Array(ring, 0, 1)[0]).to.be.above(0);
  });

  it('takes messages longer than the ring, and all of many, while somebody reads', async () => {
    const lengths = [
      0,
      10,
      300_000,
      65_536,
      65_532,
      ...Array.from({ length: 5000 }, (_, n) => n % 200),
    ];
    const { reader, worker } = startWriter(lengths);
    let failure: Error | undefined;
    worker.once('error', (error: Error) => (failure = error));
    const got: { n: number; body: Uint8Array }[] = [];
    await until(() => {
      if (failure) throw failure;
      got.push(...reader.read());
      return got.length >= lengths.length;
    });
    expect(got.map(({ n }) => n)).to.deep.equal(lengths.map((_, n) => n));
    expect(got.map(({ body }) => body.length)).to.deep.equal(lengths);
    expect(got.every(({ n, body }) => body.every((byte) => byte === n % 256))).to.equal(true);
  });

  it('holds up a writer that nobody reads from, which can be ended all the same', async () => {
    const { ring, reader, worker } = startWriter(Array.from({ length: 100 }, () => 10_000));
    const written = new Int32Array(ring, 0, 1);
    await until(() => written[0]! >= 2 ** 16);
    // The writer checks for room every 5 ms.
    await sleep(100);
    expect(written[0]).to.equal(2 ** 16);
    // As many as fit into 64 KiB.
    expect(reader.read().length).to.be.below(7);
    await worker.terminate();
  });
});
