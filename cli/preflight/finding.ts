export type Level = 'PASS' | 'WARN' | 'FAIL';

/** What one check found. Plain text of one line each. */
export interface Finding {
  readonly level: Level;
  /** The field of config-task.yml, or the step. */
  readonly name: string;
  readonly found: string;
  /** What to do about it; null where nothing is to be done. */
  readonly todo: string | null;
}

export function pass(name: string, found: string): Finding {
  return { level: 'PASS', name, found, todo: null };
}

export function warn(name: string, found: string, todo: string): Finding {
  return { level: 'WARN', name, found, todo };
}

export function fail(name: string, found: string, todo: string): Finding {
  return { level: 'FAIL', name, found, todo };
}

/** "FAIL space: expected 0.1 to 50 (MB), got 60. Choose …" */
export function lineOf({ level, name, found, todo }: Finding): string {
  return `${level} ${name}: ${found}.${todo === null ? '' : ` ${todo}.`}`;
}

/** The worst of them; PASS if there is none. */
export function worstOf(findings: readonly Finding[]): Level {
  const is = (level: Level): boolean => findings.some((finding) => finding.level === level);
  return is('FAIL') ? 'FAIL' : is('WARN') ? 'WARN' : 'PASS';
}

const SHOWN_CHARACTERS = 60;

/** A value from a file as one line of printable ASCII: it may hold anything, and goes to a terminal. */
export function shown(value: unknown): string {
  if (value === undefined) return 'nothing';
  const text = JSON.stringify(value).replace(
    /[^\x20-\x7e]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  return text.length > SHOWN_CHARACTERS ? `${text.slice(0, SHOWN_CHARACTERS)}…` : text;
}
