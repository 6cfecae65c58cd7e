/** The levels that a node's logger takes, as in the SDK's types. */
const LEVELS = ['log', 'warn', 'error'] as const;
export type NoticeLevel = (typeof LEVELS)[number];

/** A task's message to its node's owner: on a desktop node a toast or banner, kept in its notification centre. */
export interface Notice {
  /** The round that ran when it came. */
  readonly round: number;
  readonly level: NoticeLevel;
  /** As the task sent it, control characters included. */
  readonly message: string;
  readonly action: string;
}

const MAX_NOTICES = 1000;
const MAX_CHARACTERS = 2000;

export function isNoticeLevel(value: unknown): value is NoticeLevel {
  return LEVELS.some((level) => level === value);
}

/** The newest 1,000 notices of a node, oldest first; texts above 2,000 characters are cut, which is noted. */
export class Notices {
  readonly #newest: Notice[] = [];

  get all(): readonly Notice[] {
    return this.#newest;
  }

  /** @returns the notice as it is kept */
  add({ message, action, ...rest }: Notice): Notice {
    const notice = { ...rest, message: cut(message), action: cut(action) };
    this.#newest.push(notice);
    if (this.#newest.length > MAX_NOTICES) this.#newest.shift();
    return notice;
  }
}

function cut(text: string): string {
  if (text.length <= MAX_CHARACTERS) return text;
  return `${text.slice(0, MAX_CHARACTERS)}… (cut: it has ${text.length} characters)`;
}
