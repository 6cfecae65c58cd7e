import { expect } from 'chai';
import fc from 'fast-check';
import { Lines, MAX_LINE_BYTES } from '../../src/stratum/lines';
import { NoStratumError } from '../../src/stratum/messages';

/** What comes out of bytes that arrive in pieces of these lengths, the rest in one. */
function linesOf(bytes: Buffer, lengths: readonly number[] = []): string[] {
  const lines = new Lines();
  const found: string[] = [];
  let from = 0;
  for (const length of [...lengths, bytes.length]) {
    found.push(...lines.push(bytes.subarray(from, from + length)));
    from += length;
  }
  return found;
}

describe('lines over a Stratum connection', () => {
  it('are the same wherever they are split, also within a character', () => {
    const line = fc.stringMatching(/^[a-zé€😀{} \r]{0,12}$/u);
    const lengths = fc.array(fc.nat(9), { maxLength: 60 });
    fc.assert(
      fc.property(fc.array(line, { maxLength: 12 }), lengths, (texts, pieces) => {
        const expected = texts.filter((text) => text.trim() !== '');
        const bytes = Buffer.from(texts.map((text) => `${text}\n`).join(''));
        expect(linesOf(bytes, pieces)).to.deep.equal(expected);
        expect(linesOf(bytes)).to.deep.equal(expected);
      }),
    );
  });

  it('end with LF or CRLF, and empty ones are none', () => {
    const found = linesOf(Buffer.from('\n\r\n{"id":1}\r\n  \n{"id":2}\n\n'));
    expect(found.map((line) => JSON.parse(line) as unknown)).to.deep.equal([{ id: 1 }, { id: 2 }]);
  });

  it('come only when they are whole', () => {
    const lines = new Lines();
    expect(lines.push(Buffer.from('{"id"'))).to.deep.equal([]);
    expect(lines.push(Buffer.from(':1}'))).to.deep.equal([]);
    expect(lines.push(Buffer.from('\n{'))).to.deep.equal(['{"id":1}']);
    expect(lines.push(Buffer.from('}\n'))).to.deep.equal(['{}']);
  });

  it("stay as they are when the socket's memory is used again", () => {
    const lines = new Lines();
    const memory = Buffer.from('half');
    lines.push(memory);
    memory.fill('x');
    expect(lines.push(Buffer.from(' a line\n'))).to.deep.equal(['half a line']);
  });

  for (const piece of [1, 1000, MAX_LINE_BYTES, 10_000]) {
    it(`may have 4,096 bytes and not one more, in pieces of ${piece}`, () => {
      const pieces = Array.from({ length: Math.floor(MAX_LINE_BYTES / piece) }, () => piece);
      const longest = 'x'.repeat(4_096);
      const two = Buffer.from(`${longest}\n${longest}\n`);
      expect(linesOf(two, pieces)).to.deep.equal([longest, longest]);
      const over = Buffer.from(`${longest}x\n`);
      expect(() => linesOf(over, pieces)).to.throw(NoStratumError, 'at most 4096 bytes');
    });
  }

  it('are too long as soon as 4,097 bytes came, without an end', () => {
    const lines = new Lines();
    lines.push(Buffer.alloc(4_096, 'x'));
    expect(() => lines.push(Buffer.from('x'))).to.throw(NoStratumError);
  });
});
