const PREFIXES = ['', 'k', 'M', 'G', 'T', 'P', 'E'];

/** Three digits and a decimal prefix: 7912345 is "7.91 M". */
export function si(value: number): string {
  if (value > 0 && value < 1) return value.toPrecision(3);
  let scaled = value;
  let prefix = 0;
  while (Math.abs(scaled) >= 999.5 && prefix < PREFIXES.length - 1) {
    scaled /= 1000;
    prefix++;
  }
  const digits = prefix === 0 && Number.isInteger(scaled) ? 0 : digitsFor(Math.abs(scaled));
  return `${scaled.toFixed(digits)} ${PREFIXES[prefix]}`.trimEnd();
}

function digitsFor(value: number): number {
  return value < 10 ? 2 : value < 100 ? 1 : 0;
}

/** An axis has less room: 20000000 is "20M". */
export function siShort(value: number | null): string {
  if (value === null) return '';
  if (value > 0 && value < 1) return String(Number(value.toPrecision(2)));
  let scaled = value;
  let prefix = 0;
  while (Math.abs(scaled) >= 1000 && prefix < PREFIXES.length - 1) {
    scaled /= 1000;
    prefix++;
  }
  return `${Number(scaled.toFixed(2))}${PREFIXES[prefix]}`;
}

/** "8 s", "2 min 5 s", "3 h 20 min". */
export function duration(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${seconds % 60} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** The time of day; ms since 1970. */
export function clock(at: number): string {
  return new Date(at).toLocaleTimeString([], {
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    hour12: false,
  });
}

/** ROE as tokens. */
export function tokens(roe: number): string {
  return (roe / 1e9).toFixed(4);
}

export function percent(fraction: number): string {
  return `${Math.round(fraction * 100)} %`;
}

export function shortKey(key: string): string {
  return key.length > 12 ? `${key.slice(0, 4)}…${key.slice(-4)}` : key;
}

/** "1 share", "3 shares" */
export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
