import stringWidth from 'string-width';

import { ROE_PER_TOKEN } from '../../simulator/index';

const PREFIXES = ['', 'k', 'M', 'G', 'T', 'P', 'E'];

/** Four digits at most and a decimal prefix: 7,912,345 is "7.91 M". */
export function withPrefix(value: number | bigint): string {
  let scaled = Number(value);
  let prefix = 0;
  while (scaled >= 1000 && prefix < PREFIXES.length - 1) {
    scaled /= 1000;
    prefix++;
  }
  const digits = prefix === 0 ? 0 : scaled < 10 ? 2 : scaled < 100 ? 1 : 0;
  return `${scaled.toFixed(digits)} ${PREFIXES[prefix]}`.trimEnd();
}

/** ROE as tokens: four decimals below a thousand, a decimal prefix from there on. */
export function tokens(roe: number): string {
  const amount = roe / ROE_PER_TOKEN;
  return amount < 1000 ? amount.toFixed(4) : withPrefix(amount);
}

export function shortKey(publicKey: string): string {
  return `${publicKey.slice(0, 4)}…${publicKey.slice(-4)}`;
}

/** "4 s" or "2 min 5 s". */
export function duration(ms: number): string {
  const seconds = Math.ceil(ms / 1000);
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

/** The text, cut to a width in terminal columns. */
export function fit(text: string, width: number): string {
  if (stringWidth(text) <= width) return text;
  let kept = '';
  for (const char of text) {
    if (stringWidth(kept + char) > width - 2) break;
    kept += char;
  }
  return `${kept}..`;
}

/** Line breaks, tabs and other control characters, and what turns the direction of text. */
const UNPRINTABLE = /[\p{Cc}\u2028-\u202e\u2066-\u2069]/gu;

/** One line of text that shows what a task put into it, and does nothing to a terminal: "\x1b[2J" for an escape. */
export function printable(text: string): string {
  return text.replace(UNPRINTABLE, (character) => {
    const code = character.charCodeAt(0);
    const hex = code.toString(16);
    return code < 0x100 ? `\\x${hex.padStart(2, '0')}` : `\\u${hex.padStart(4, '0')}`;
  });
}

/** "1 node", "3 nodes". */
export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
