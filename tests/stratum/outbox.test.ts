import { expect } from 'chai';
import fc from 'fast-check';
import { Outbox } from '../../src/stratum/outbox';

describe('the outbox of a Stratum connection', () => {
  let written: string[];
  let outbox: Outbox;
  beforeEach(() => {
    written = [];
    outbox = new Outbox((text) => written.push(text));
  });
  /** Lets everything happen that waits for nothing. */
  const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

  it('sends all of one turn in one write', async () => {
    outbox.send('a');
    outbox.reserve()('b');
    outbox.send('c');
    expect(written).to.deep.equal([]);
    await turn();
    expect(written).to.deep.equal(['abc']);
    outbox.send('d');
    await turn();
    expect(written).to.deep.equal(['abc', 'd']);
    expect(outbox.waiting).to.equal(0);
  });

  it('sends answers that were stored together in one write', async () => {
    let store = (): void => undefined;
    const stored = new Promise<void>((resolve) => (store = resolve));
    for (const text of ['a', 'b', 'c']) {
      const answer = outbox.reserve();
      void stored.then(() => answer(text));
    }
    store();
    await turn();
    expect(written).to.deep.equal(['abc']);
  });

  it('keeps what comes behind an answer that is not known yet', async () => {
    const first = outbox.reserve();
    const second = outbox.reserve();
    outbox.send('3');
    second('2');
    await turn();
    expect(written).to.deep.equal([]);
    expect(outbox.waiting).to.equal(3);
    first('1');
    await turn();
    expect(written).to.deep.equal(['123']);
    expect(outbox.waiting).to.equal(0);
  });

  it('sends what comes before an answer that is not known yet', async () => {
    outbox.send('1');
    const second = outbox.reserve();
    outbox.send('3');
    await turn();
    expect(written).to.deep.equal(['1']);
    expect(outbox.waiting).to.equal(2);
    second('2');
    await turn();
    expect(written).to.deep.equal(['1', '23']);
  });

  it('keeps the order, in whichever answers become known', async () => {
    const order = fc
      .integer({ min: 1, max: 20 })
      .chain((count) =>
        fc.shuffledSubarray([...Array(count).keys()], { minLength: count, maxLength: count }),
      );
    const property = fc.asyncProperty(
      order,
      fc.infiniteStream(fc.boolean()),
      async (known, any) => {
        written = [];
        const texts = known.map((_, i) => `${i},`);
        const answers = texts.map((text) => {
          if (any.next().value) return outbox.reserve();
          return outbox.send(text);
        });
        for (const i of known) {
          answers[i]?.(texts[i]!);
          if (any.next().value) await turn();
        }
        await turn();
        expect(written.join('')).to.equal(texts.join(''));
        expect(outbox.waiting).to.equal(0);
      },
    );
    await fc.assert(property);
  });
});
