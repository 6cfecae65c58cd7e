import { bech32, bech32m, type Decoded } from 'bech32';

// Addresses that pay a public key's hash (P2WPKH): bech32 of witness version 0 and 20 bytes (BIP 173).

export type BitcoinNetworkName = 'main' | 'testnet4' | 'regtest';

/** What addresses begin with (BIP 173). All testnets and signet share one prefix. */
const PREFIXES: Readonly<Record<BitcoinNetworkName, string>> = {
  main: 'bc',
  testnet4: 'tb',
  regtest: 'bcrt',
};
const NETWORK_OF_PREFIX: Readonly<Record<string, string>> = {
  bc: 'main',
  tb: 'testnet',
  bcrt: 'regtest',
};

const KEY_HASH_SIZE = 20;
/** Of P2WSH with version 0, of P2TR with version 1. */
const LONG_PROGRAM_SIZE = 32;
/** Version bytes of P2PKH and P2SH make these first characters, on main and on the other networks. */
const BASE58_ADDRESS = /^[123mn][1-9A-HJ-NP-Za-km-z]{24,34}$/;
/** Unicode has other letters whose lower case is ASCII, such as the kelvin sign. */
const PRINTABLE_ASCII = /^[\x21-\x7e]*$/;

/**
 * The P2WPKH program that an address pays, 20 bytes.
 * @param address in lower or upper case, not both (BIP 173)
 * @throws RangeError that names what was expected, what came, and what is wrong with it
 */
export function payoutProgramOf(address: string, network: BitcoinNetworkName): Uint8Array {
  const result = decode(address, network);
  if (typeof result !== 'string') return result;
  const got = address === '' ? 'nothing' : `${JSON.stringify(address)}: ${result}`;
  throw new RangeError(`expected ${expectedAddress(network)}, got ${got}`);
}

/**
 * The address that pays a P2WPKH program, in lower case.
 * @param program 20 bytes
 * @throws RangeError when it has another length
 */
export function payoutAddressOf(program: Uint8Array, network: BitcoinNetworkName): string {
  if (program.length !== KEY_HASH_SIZE) {
    throw new RangeError(`P2WPKH program: expected ${KEY_HASH_SIZE} bytes, got ${program.length}`);
  }
  return bech32.encode(PREFIXES[network], [0, ...bech32.toWords(program)]);
}

/** What payoutProgramOf takes, in words. */
export function expectedAddress(network: BitcoinNetworkName): string {
  return `a P2WPKH address of Bitcoin's ${network} network (${PREFIXES[network]}1q…)`;
}

/** @returns the program, or what is wrong */
function decode(address: string, network: BitcoinNetworkName): Uint8Array | string {
  if (BASE58_ADDRESS.test(address)) return 'an older address (P2PKH or P2SH)';
  if (!PRINTABLE_ASCII.test(address)) return 'it has a space or a character that is not ASCII';
  if (address !== address.toLowerCase() && address !== address.toUpperCase()) {
    return 'it mixes upper and lower case';
  }
  const decoded = bech32.decodeUnsafe(address);
  if (decoded) return programOf(decoded, network);
  const later = bech32m.decodeUnsafe(address);
  if (later) return faultOfLater(later, network);
  return /^(bc|tb|bcrt)1[02-9ac-hj-np-z]{6,}$/i.test(address) && address.length <= 90
    ? 'its checksum is wrong, so it has a typing error'
    : 'it is not bech32';
}

function programOf({ prefix, words }: Decoded, network: BitcoinNetworkName): Uint8Array | string {
  const foreign = foreignPrefix(prefix, network);
  if (foreign) return foreign;
  const [version, ...rest] = words;
  if (version === undefined) return 'it has no witness version';
  if (version !== 0) return `witness version ${version} with the checksum of version 0`;
  const program = bech32.fromWordsUnsafe(rest);
  if (!program) return 'its padding is wrong';
  if (program.length === LONG_PROGRAM_SIZE) return 'an address of a script (P2WSH)';
  if (program.length !== KEY_HASH_SIZE)
    return `it has ${program.length} bytes, not ${KEY_HASH_SIZE}`;
  return Uint8Array.from(program);
}

/** Witness versions from 1 have another checksum (BIP 350). */
function faultOfLater({ prefix, words }: Decoded, network: BitcoinNetworkName): string {
  const foreign = foreignPrefix(prefix, network);
  if (foreign) return foreign;
  const [version, ...rest] = words;
  if (version === undefined) return 'it has no witness version';
  if (version === 0) return 'witness version 0 with the checksum of a later version';
  const isTaproot = version === 1 && bech32m.fromWordsUnsafe(rest)?.length === LONG_PROGRAM_SIZE;
  return isTaproot ? 'a Taproot address (P2TR)' : `witness version ${version}`;
}

/** @returns what is wrong with the prefix, if anything */
function foreignPrefix(prefix: string, network: BitcoinNetworkName): string | undefined {
  if (prefix === PREFIXES[network]) return undefined;
  return Object.hasOwn(NETWORK_OF_PREFIX, prefix)
    ? `an address of ${NETWORK_OF_PREFIX[prefix]}`
    : `its prefix ${JSON.stringify(prefix)} is not Bitcoin's`;
}
