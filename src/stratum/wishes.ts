import { difficulty, hex, VERSION_MASK } from './messages';

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
  const of = isRecord(options) ? options : {};
  const named = Array.isArray(names) ? names.slice(0, MAX_EXTENSIONS) : [];
  const answers = new Map<string, boolean | string>();
  let versionMask: number | undefined;
  let leastDifficulty: number | undefined;
  for (const name of named.filter((name) => typeof name === 'string')) {
    answers.set(name, KNOWN.has(name));
    if (name === 'version-rolling') {
      versionMask = VERSION_MASK & maskOf(of['version-rolling.mask']);
      answers.set('version-rolling.mask', hex(versionMask, 8));
    }
    if (name === 'minimum-difficulty') {
      leastDifficulty = difficulty.safeParse(of['minimum-difficulty.value']).data;
    }
  }
  // From a map: a name such as __proto__ would set something else than a property.
  return { answer: Object.fromEntries(answers), versionMask, leastDifficulty };
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
  const wishes = items.map((item) => {
    const [, wanted] = /^(?:d|diff)\s*=(.+)$/i.exec(item) ?? [];
    return difficulty.safeParse(wanted).data;
  });
  return { items, difficulty: wishes.find((wanted) => wanted !== undefined) };
}
