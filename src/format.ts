// Numbers, times and amounts in words, the same on the page and in the terminal. Imports nothing, since the browser
// runs it too.

const PREFIXES = ['', 'k', 'M', 'G', 'T', 'P', 'E'];
export const ROE_PER_TOKEN = 1e9;

/** Three digits, a decimal prefix, and a unit after a space: 7912345 of "H/s" is "7.91 MH/s", 999600 is "1.00 M". */
export function si(value: number | bigint, unit = ''): string {
  const { number, prefix } = scaled(Number(value));
  return `${number} ${prefix}${unit}`.trimEnd();
}

/** For an axis, which has less room and shows its unit separately: 20000000 is "20M". */
export function siShort(value: number): string {
  const { number, prefix } = scaled(value);
  return `${Number(number)}${prefix}`;
}

/** Rounds first: a number that becomes a thousand takes the next prefix. */
function scaled(value: number): { number: string; prefix: string } {
  const rounded = Number(value.toPrecision(3));
  const size = Math.abs(rounded);
  if (size > 0 && size < 1) return { number: value.toPrecision(3), prefix: '' };
  const power = size < 1000 ? 0 : Math.floor((Math.log10(size) + 1e-9) / 3);
  const place = Math.min(power, PREFIXES.length - 1);
  const mantissa = rounded / 1000 ** place;
  const digits = place === 0 && Number.isInteger(value) ? 0 : digitsOf(Math.abs(mantissa));
  return { number: mantissa.toFixed(digits), prefix: PREFIXES[place]! };
}

function digitsOf(mantissa: number): number {
  return mantissa < 10 ? 2 : mantissa < 100 ? 1 : 0;
}

/** "8 s", "2 min 5 s", "3 h 20 min"; a negative time is "0 s". */
export function duration(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${seconds % 60} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** ROE as tokens: four decimals below a thousand, an SI prefix from there on. */
export function tokens(roe: number): string {
  const amount = roe / ROE_PER_TOKEN;
  return Math.abs(amount) < 999.99995 ? amount.toFixed(4) : si(amount);
}

export function percent(fraction: number): string {
  return `${Math.round(fraction * 100)} %`;
}

/** A key shortened to its ends: "4xKz…9fQa". */
export function shortKey(key: string): string {
  return key.length > 12 ? `${key.slice(0, 4)}…${key.slice(-4)}` : key;
}

/** "1 share", "3 shares" */
export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
