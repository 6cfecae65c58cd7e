// What the page asks of the task and orders it to do, and the settings as the task tells them. It knows no DOM: tests use
// its types.

/** What stands in place of what only the owner may do. */
export const OWNER_ONLY =
  'Only for this machine itself, by the address that the task prints when it starts.';

const NO_ANSWER = 'The task did not answer.';
/** An order takes a moment; where no connection is free, or the task hangs, nobody waits for ever. */
const ANSWER_MS = 10_000;
const LATE = `The task did not answer within ${ANSWER_MS / 1000} s; it may do so yet.`;

/** An answer that could not be had is asked for again after this long. */
const RETRY_MS = 5_000;

export interface Answer {
  /** HTTP's; 0 where no answer came. */
  status: number;
  body: unknown;
}

/** What the body of an error says. */
export interface Refusal {
  message: string;
  issues?: { path: string; message: string }[];
}

/**
 * Asks the task for what the controls' token opens.
 * @param body sent as JSON
 */
export async function ask(
  method: 'GET' | 'POST' | 'PUT',
  path: string,
  body?: unknown,
): Promise<Answer> {
  try {
    const response = await fetch(path, {
      method,
      signal: AbortSignal.timeout(ANSWER_MS),
      headers: {
        'X-Orca-Control': '1',
        ...(body !== undefined && { 'Content-Type': 'application/json' }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    return { status: response.status, body: await response.json() };
  } catch (error) {
    const isLate = error instanceof DOMException && error.name === 'TimeoutError';
    return { status: 0, body: { message: isLate ? LATE : NO_ANSWER } };
  }
}

/** Why something was not done; undefined where it was. */
export function refusalOf(answer: Answer): Refusal | undefined {
  if (answer.status === 0) return answer.body as Refusal;
  if (answer.status < 400) return undefined;
  const { message, issues } = answer.body as Refusal;
  return { message: `Refused: ${message}`, ...(issues && { issues }) };
}

/** What GET /settings tells of a setting. */
export interface Setting {
  name: string;
  meaning: string;
  /** What a value has to be. */
  expected: string;
  form:
    | { kind: 'number'; min: number; max: number }
    | { kind: 'choice'; options: string[] }
    | { kind: 'text' };
  secret: boolean;
  /** Empty for none. */
  default: string;
  acts: 'at once' | 'next round' | 'restart';
  from: 'default' | 'page' | 'environment';
  /** What is chosen; of a secret always empty. */
  value: string;
  isSet: boolean;
  /** Chosen, and in force only after a restart. */
  needsRestart: boolean;
  /** Why what is stored can't be used. */
  problem: string | null;
}

export interface SettingsDocument {
  settings: Setting[];
  /** Of what is stored as a whole. */
  problem: string | null;
  restart: { needed: boolean; offered: boolean };
}

/** What is chosen anew, by name; null for the default. */
export type Changes = Record<string, string | null>;

/** The settings as the task told them last: asked for when they may be others, not all the time. */
export class SettingsClient {
  document: SettingsDocument | undefined;
  /** Why the last question was not answered. */
  refusal: Refusal | undefined;
  private isDue = true;
  private triedAt = -Infinity;
  private turn = 0;
  private readonly listeners: (() => void)[] = [];

  /** @param listener is called when the task told the settings, or would not */
  onChange(listener: () => void): void {
    this.listeners.push(listener);
  }

  /** What is known may be true no more: the next refresh asks. */
  expire(): void {
    this.isDue = true;
    this.triedAt = -Infinity;
  }

  /** Asks, where that is due. To be called while the task can answer. */
  refresh(): void {
    if (!this.isDue || performance.now() - this.triedAt < RETRY_MS) return;
    this.triedAt = performance.now();
    void this.request('GET');
  }

  /** @returns why nothing was changed; undefined where all was */
  change(changes: Changes): Promise<Refusal | undefined> {
    return this.request('PUT', changes);
  }

  find(name: string): Setting | undefined {
    return this.document?.settings.find((setting) => setting.name === name);
  }

  private async request(method: 'GET' | 'PUT', changes?: Changes): Promise<Refusal | undefined> {
    const turn = ++this.turn;
    const answer = await ask(method, '/settings', changes);
    const refusal = refusalOf(answer);
    // An answer that another overtook is of the past.
    if (turn === this.turn) {
      if (!refusal) {
        this.document = answer.body as SettingsDocument;
        this.isDue = false;
      }
      if (method === 'GET' || !refusal) {
        this.refusal = refusal;
        for (const listener of this.listeners) listener();
      }
    }
    return refusal;
  }
}
