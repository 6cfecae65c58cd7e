import { bech32, bech32m } from 'bech32';
import { expect } from 'chai';
import fc from 'fast-check';
import {
  expectedAddress,
  payoutAddressOf,
  payoutProgramOf,
  type BitcoinNetworkName,
} from '../../src/bitcoin/address';

/** BIP 173's program: the hash of the generator point as a compressed public key. */
const PROGRAM = '751e76e8199196d454941c45d1b3a323f1433bd6';
const ADDRESSES: Record<BitcoinNetworkName, string> = {
  main: 'bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4',
  testnet4: 'tb1qw508d6qejxtdg4y5r3zarvary0c5xw7kxpjzsx',
  regtest: 'bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080',
};
const networks = Object.keys(ADDRESSES) as BitcoinNetworkName[];

const hexOf = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

/** An address of any witness version and program. */
function addressOf(prefix: string, version: number, size: number, library = bech32): string {
  return library.encode(prefix, [version, ...bech32.toWords(Buffer.alloc(size, 7))]);
}

describe('the address of a P2WPKH program', () => {
  for (const network of networks) {
    it(`is read and written as BIP 173 has it, on ${network}`, () => {
      const address = ADDRESSES[network];
      expect(hexOf(payoutProgramOf(address, network))).to.equal(PROGRAM);
      expect(hexOf(payoutProgramOf(address.toUpperCase(), network))).to.equal(PROGRAM);
      expect(payoutAddressOf(Buffer.from(PROGRAM, 'hex'), network)).to.equal(address);
    });
  }

  it('leads back to the program, and to no other network', () => {
    const programs = fc.uint8Array({ minLength: 20, maxLength: 20 });
    fc.assert(
      fc.property(programs, fc.constantFrom(...networks), (program, network) => {
        const address = payoutAddressOf(program, network);
        expect(payoutProgramOf(address, network)).to.deep.equal(program);
        for (const other of networks) {
          if (other !== network) expect(() => payoutProgramOf(address, other)).to.throw(RangeError);
        }
      }),
    );
  });

  it('is refused with any one character changed', () => {
    const { length } = ADDRESSES.main;
    const at = fc.integer({ min: 0, max: length - 1 });
    fc.assert(
      fc.property(at, fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }), (index, other) => {
        const { main } = ADDRESSES;
        fc.pre(main[index] !== other);
        const changed = main.slice(0, index) + other + main.slice(index + 1);
        expect(() => payoutProgramOf(changed, 'main')).to.throw(RangeError);
      }),
    );
  });

  it('is refused with any text around it, and so is any other text', () => {
    for (const text of [` ${ADDRESSES.main}`, `${ADDRESSES.main}\n`, `bitcoin:${ADDRESSES.main}`]) {
      expect(() => payoutProgramOf(text, 'main'), text).to.throw(RangeError);
    }
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 100 }), (text) => {
        expect(() => payoutProgramOf(text, 'main')).to.throw(RangeError);
      }),
    );
  });

  it('is of 20 bytes', () => {
    for (const size of [0, 19, 21, 32]) {
      expect(() => payoutAddressOf(Buffer.alloc(size), 'main')).to.throw(
        RangeError,
        `P2WPKH program: expected 20 bytes, got ${size}`,
      );
    }
  });

  const refused: [string, string, RegExp][] = [
    ['of testnet', ADDRESSES.testnet4, /: an address of testnet$/],
    ['of regtest', ADDRESSES.regtest, /: an address of regtest$/],
    ['of Litecoin', addressOf('ltc', 0, 20), /: its prefix "ltc" is not Bitcoin's$/],
    [
      'of a script (BIP 173)',
      'bc1qrp33g0q5c5txsp9arysrx4k6zdkfs4nce4xj0gdcccefvpysxf3qccfmv3',
      /: an address of a script \(P2WSH\)$/,
    ],
    [
      'of Taproot (BIP 350)',
      'bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0',
      /: a Taproot address \(P2TR\)$/,
    ],
    ['of Taproot on testnet', addressOf('tb', 1, 32, bech32m), /: an address of testnet$/],
    [
      'of a later witness version (BIP 350)',
      'BC1SW50QGDZ25J',
      /got "BC1SW50QGDZ25J": witness version 16$/,
    ],
    ['of P2PKH', '1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2', /: an older address \(P2PKH or P2SH\)$/],
    ['of P2SH', '3J98t1WpEZ73CNmQviecrnyiWrnqRhWNLy', /: an older address \(P2PKH or P2SH\)$/],
    [
      'of P2PKH on testnet',
      'mipcBbFg9gMiCh81Kj8tqqdgoZub1ZJRfn',
      /: an older address \(P2PKH or P2SH\)$/,
    ],
    [
      'with a wrong checksum (BIP 173)',
      'bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t5',
      /: its checksum is wrong, so it has a typing error$/,
    ],
    [
      'with the other checksum (BIP 350)',
      addressOf('bc', 0, 20, bech32m),
      /: witness version 0 with the checksum of a later version$/,
    ],
    [
      "with version 0's checksum and a later version (BIP 173)",
      'BC13W508D6QEJXTDG4Y5R3ZARVARY0C5XW7KN40WF2',
      /: witness version 17 with the checksum of version 0$/,
    ],
    [
      'in both cases',
      'bc1Qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4',
      /: it mixes upper and lower case$/,
    ],
    [
      'with a letter whose lower case is ASCII',
      ADDRESSES.main.toUpperCase().replace('K', '\u212a'),
      /: it has a space or a character that is not ASCII$/,
    ],
    ['with too few bytes (BIP 173)', addressOf('bc', 0, 16), /: it has 16 bytes, not 20$/],
    ['with too many', addressOf('bc', 0, 21), /: it has 21 bytes, not 20$/],
    ['with no version (BIP 173)', 'bc1gmk9yu', /: it has no witness version$/],
    [
      'with padding of more than four bits (BIP 173)',
      bech32.encode('bc', [0, ...bech32.toWords(Buffer.alloc(20)), 0]),
      /: its padding is wrong$/,
    ],
    [
      'with padding that is not zero (BIP 173)',
      bech32.encode('bc', [0, ...bech32.toWords(Buffer.alloc(21)).slice(0, -1), 1]),
      /: its padding is wrong$/,
    ],
    ['that is a program in hex', PROGRAM, /: it is not bech32$/],
    ['that is cut off', 'bc1', /got "bc1": it is not bech32$/],
    ['that is empty', '', /, got nothing$/],
  ];
  for (const [what, address, reason] of refused) {
    it(`is none ${what}`, () => {
      expect(() => payoutProgramOf(address, 'main'))
        .to.throw(RangeError)
        .with.property('message')
        .that.match(/^expected a P2WPKH address of Bitcoin's main network \(bc1q…\), got /)
        .and.match(reason);
    });
  }

  it('is expected by its first characters', () => {
    expect(networks.map(expectedAddress)).to.deep.equal([
      "a P2WPKH address of Bitcoin's main network (bc1q…)",
      "a P2WPKH address of Bitcoin's testnet4 network (tb1q…)",
      "a P2WPKH address of Bitcoin's regtest network (bcrt1q…)",
    ]);
    expect(() => payoutProgramOf(ADDRESSES.main, 'regtest')).to.throw(/: an address of main$/);
  });
});
