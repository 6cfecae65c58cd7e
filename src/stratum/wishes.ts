import { hex, VERSION_MASK } from './messages';

// What miners wish for before they work: in mining.configure (BIP 310) and in their passwords.

/** What is wished for by mining.configure, and the answer to it. */
export interface Configured {
  answer: Record<string, boolean | string>;
  /** The bits of the header version that it may roll; undefined when it doesn't ask. */
  versionMask: number | undefined;
  /** Undefined when it doesn't ask, or for no number above 0. */
  leastDifficulty: number | undefined;
}

/** Reads mining.configure: [names of extensions, their options]. */
export function configured([names, options]: readonly unknown[]): Configured {
  const wished: Configured = { answer: {}, versionMask: undefined, leastDifficulty: undefined };
  const of = isRecord(options) ? options : {};
  for (const name of Array.isArray(names) ? names.slice(0, MAX_EXTENSIONS) : []) {
    if (typeof name !== 'string') continue;
    wished.answer[name] = KNOWN.has(name);
    if (name === 'version-rolling') {
      wished.versionMask = (VERSION_MASK & maskOf(of['version-rolling.mask'])) >>> 0;
      wished.answer['version-rolling.mask'] = hex(wished.versionMask, 8);
    }
    if (name === 'minimum-difficulty') {
      const value = of['minimum-difficulty.value'];
      // Objects may be such as can't be turned into a number.
      const least = typeof value === 'object' ? NaN : Number(value);
      if (least > 0 && Number.isFinite(least)) wished.leastDifficulty = least;
    }
  }
  return wished;
}

const KNOWN = new Set(['version-rolling', 'minimum-difficulty', 'subscribe-extranonce', 'info']);
const MAX_EXTENSIONS = 16;

/** Every bit where the miner names none. */
function maskOf(mask: unknown): number {
  if (typeof mask !== 'string' || !/^[0-9a-f]{1,8}$/i.test(mask)) return 0xffffffff;
  return Number.parseInt(mask, 16);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

/** What a password says: items separated by commas. */
export interface Password {
  items: readonly string[];
  /** d= or diff=, a number above 0. */
  difficulty: number | undefined;
}

/** Further ones are ignored. */
const MAX_ITEMS = 16;

export function readPassword(password: string): Password {
  const items = password.split(',', MAX_ITEMS).map((item) => item.trim());
  const [, digits] =
    items.map((item) => /^(?:d|diff)=(.+)$/i.exec(item)).find((found) => found) ?? [];
  const difficulty = Number(digits);
  return {
    items,
    difficulty: difficulty > 0 && Number.isFinite(difficulty) ? difficulty : undefined,
  };
}
