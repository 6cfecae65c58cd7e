import { expect } from 'chai';
import fc from 'fast-check';
import {
  isSameList,
  sharePayouts,
  type JudgedSubmitter,
  readingOf,
} from '../../src/distribution/payouts';
import { expectFairShares } from './fair-shares';

const valid = (hashes: bigint) => ({ valid: true, source: 0, shares: 1, hashes }) as const;
const invalid = { valid: false, reason: 'test' } as const;

const submitters = fc.uniqueArray(
  fc.record({
    publicKey: fc.string({ minLength: 32, maxLength: 44 }),
    verdict: fc.oneof(
      fc.bigInt({ min: 1n, max: 2n ** 200n }).map(valid),
      fc.constant<JudgedSubmitter['verdict']>(invalid),
    ),
  }),
  { selector: ({ publicKey }) => publicKey },
);

describe('sharePayouts', () => {
  it('shares in proportion, and gives an invalid proof nothing', () => {
    const list = sharePayouts(
      [
        { publicKey: 'a', verdict: valid(3n) },
        { publicKey: 'b', verdict: valid(1n) },
        { publicKey: 'c', verdict: invalid },
      ],
      1001n,
    );
    expect(list).to.deep.equal({ a: 750, b: 250, c: 0 });
  });

  it('holds the rules of the SDK for any submitters and bounty', () => {
    fc.assert(
      fc.property(submitters, fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), (judged, bounty) => {
        const list = sharePayouts(judged, bounty);
        expect(Object.keys(list)).to.have.members(judged.map(({ publicKey }) => publicKey));
        const amounts = Object.values(list);
        expect(amounts.every((amount) => Number.isSafeInteger(amount) && amount >= 0)).to.equal(
          true,
        );
        // Summed as the SDK does it.
        expect(amounts.reduce((sum, amount) => sum + amount, 0) <= Number(bounty)).to.equal(true);
        for (const { publicKey, verdict } of judged) {
          if (!verdict.valid) expect(list[publicKey]).to.equal(0);
        }
        expect(sharePayouts([...judged].reverse(), bounty)).to.deep.equal(list);
      }),
    );
  });

  it('shares of a bounty beyond 2^53-1 so much as JSON holds', () => {
    const judged = [
      { publicKey: 'a', verdict: valid(1n) },
      { publicKey: 'b', verdict: valid(1n) },
    ];
    const half = (Number.MAX_SAFE_INTEGER - 1) / 2;
    for (const bounty of [2n ** 53n - 1n, 2n ** 53n, 2n ** 64n - 1n]) {
      expect(sharePayouts(judged, bounty)).to.deep.equal({ a: half, b: half });
    }
    expect(sharePayouts(judged, 0n)).to.deep.equal({ a: 0, b: 0 });
  });

  it('gives an empty list for no submitters', () => {
    expect(sharePayouts([], 1000n)).to.deep.equal({});
  });

  it('gives nothing to anybody where no proof is valid', () => {
    expect(sharePayouts([{ publicKey: 'a', verdict: invalid }], 1000n)).to.deep.equal({ a: 0 });
  });

  it('shares among 200 submitters with real proofs, in any order alike', () => {
    expectFairShares(200);
  });
});

describe('the same list', () => {
  const amounts = fc.dictionary(fc.string(), fc.maxSafeInteger(), { maxKeys: 8 });

  it('is one with the same entries in whatever order', () => {
    fc.assert(
      fc.property(amounts, (list) => {
        expect(isSameList(list, Object.fromEntries(Object.entries(list).reverse()))).to.equal(true);
      }),
    );
  });

  it('is none with another amount, an entry more or an entry less', () => {
    fc.assert(
      fc.property(amounts, fc.string(), fc.maxSafeInteger(), (list, key, amount) => {
        fc.pre(list[key] !== amount);
        const other = { ...list, [key]: amount };
        expect(isSameList(list, other)).to.equal(false);
        expect(isSameList(other, list)).to.equal(false);
      }),
    );
  });
});

const OWN = { Aa: 7, Bb: 0, Cc: 9_007_199_254_740_991 };
const JSON_OF_OWN = JSON.stringify(OWN);

describe('the contents of an account', () => {
  const equal: [string, string][] = [
    ['as this node writes it', JSON_OF_OWN],
    ['in another order', '{"Cc":9007199254740991,"Bb":0,"Aa":7}'],
    ['with white space', ` {\n "Aa" : 7 ,\t"Bb":0,\r"Cc":9007199254740991 }\n`],
    ['with the zero bytes that fill up an account', `${JSON_OF_OWN}${'\0'.repeat(1000)}`],
    ['with white space among them', `${JSON_OF_OWN} \0\n\0`],
  ];
  for (const [what, text] of equal) {
    it(`equal its own list ${what}`, () => expect(readingOf(text, OWN)).to.equal('equal'));
  }

  const differing: [string, string][] = [
    ['by one unit', '{"Aa":8,"Bb":0,"Cc":9007199254740991}'],
    ['by one unit beyond what JSON numbers hold', '{"Aa":7,"Bb":0,"Cc":9007199254740992}'],
    ['by a missing key', '{"Aa":7,"Cc":9007199254740991}'],
    ['by one more key that gets nothing', '{"Aa":7,"Bb":0,"Cc":9007199254740991,"Dd":0}'],
    ['by a text for a number', '{"Aa":"7","Bb":0,"Cc":9007199254740991}'],
    ['by a fraction', '{"Aa":7.5,"Bb":0,"Cc":9007199254740991}'],
    ['by a whole number written as a fraction', '{"Aa":7.0,"Bb":0,"Cc":9007199254740991}'],
    ['by an exponent', '{"Aa":7e0,"Bb":0,"Cc":9007199254740991}'],
    ['by minus zero', '{"Aa":7,"Bb":-0,"Cc":9007199254740991}'],
    ['by what it takes from a stake', '{"Aa":7,"Bb":-1,"Cc":9007199254740991}'],
    ['by a key that stands twice, both right', '{"Aa":7,"Aa":7,"Bb":0,"Cc":9007199254740991}'],
    ['by a key that stands twice, the last right', '{"Aa":1,"Aa":7,"Bb":0,"Cc":9007199254740991}'],
    ['by a key that is written otherwise', '{"\\u0041a":7,"Bb":0,"Cc":9007199254740991}'],
    ['by a key of every object', '{"Aa":7,"Bb":0,"__proto__":9007199254740991}'],
    ['as an empty list', '{}'],
    ['as an array', '[]'],
    ['as null', 'null'],
    ['as a text', '"x"'],
    ['as a list in a list', `[${JSON_OF_OWN}]`],
  ];
  for (const [what, text] of differing) {
    it(`differ ${what}`, () => expect(readingOf(text, OWN)).to.equal('differs'));
  }

  const unreadable: [string, string][] = [
    ['nothing', ''],
    ['zero bytes', '\0\0\0'],
    ['half a list', JSON_OF_OWN.slice(0, -3)],
    ['a list and more', `${JSON_OF_OWN}x`],
    ['two lists', `${JSON_OF_OWN}${JSON_OF_OWN}`],
    ['a comma at the end', '{"Aa":7,"Bb":0,"Cc":9007199254740991,}'],
    ['a number that JSON does not have', '{"Aa":07,"Bb":0,"Cc":9007199254740991}'],
    ['prose', 'trust me'],
  ];
  for (const [what, text] of unreadable) {
    it(`can't be read when they are ${what}`, () =>
      expect(readingOf(text, OWN)).to.equal('unreadable'));
  }

  it('are found equal to the same amounts alone', () => {
    const lists = fc.dictionary(
      fc.stringMatching(/^[1-9A-HJ-NP-Za-km-z]{1,44}$/),
      fc.maxSafeNat(),
      {
        minKeys: 1,
        maxKeys: 8,
        noNullPrototype: true,
      },
    );
    fc.assert(
      fc.property(lists, lists, (a, b) => {
        expect(readingOf(JSON.stringify(a), a)).to.equal('equal');
        const isSame =
          Object.keys(a).length === Object.keys(b).length &&
          Object.keys(a).every((key) => a[key] === b[key]);
        expect(readingOf(JSON.stringify(b), a) === 'equal').to.equal(isSame);
      }),
    );
  });

  it('never throw, whatever they are', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => void readingOf(text, OWN)));
    fc.assert(fc.property(fc.json(), (text) => void readingOf(text, OWN)));
  });

  it('take no long time, however long they are', () => {
    const long = [
      `{"Aa":7,${' '.repeat(2 ** 20)}`,
      `${'\0'.repeat(2 ** 20)}y`,
      '['.repeat(2 ** 20),
      `{"Aa":${'7'.repeat(2 ** 20)}`,
      ' '.repeat(2 ** 23),
    ];
    for (const text of long) expect(readingOf(text, OWN)).to.equal('unreadable');
    // No honest list is longer than 2 MiB.
    expect(readingOf('x'.repeat(2 ** 21 + 1), OWN)).to.equal('differs');
  }).timeout(5000);
});
