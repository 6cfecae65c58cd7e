/** What a rehearsal build says of itself in its code, as build/rehearsal.js puts it there. */
export interface RehearsalMark {
  /** Eight hexadecimal digits, which tell one build from another in a log. */
  id: string;
  /** Whether it is built for a sandbox that others share. */
  isShared: boolean;
}

/** A bundle that says that it is a rehearsal build. */
export interface RehearsalBundle extends RehearsalMark {
  bytes: Uint8Array;
}

/** The mark in a bundle's code; undefined in one that is no rehearsal build. */
export function rehearsalMarkIn(code: string): RehearsalMark | undefined {
  const found = /\{"id":"([0-9a-f]{8})","isShared":(true|false),/.exec(code);
  return found ? { id: found[1]!, isShared: found[2] === 'true' } : undefined;
}

/** @throws Error if the bundle is none for rehearsals */
export function rehearsalBundle(bytes: Uint8Array): RehearsalBundle {
  const mark = rehearsalMarkIn(Buffer.from(bytes).toString('latin1'));
  if (!mark) throw new Error('the bundle is no rehearsal build: npm run build -- --env rehearsal');
  return { bytes, id: mark.id, isShared: mark.isShared };
}
