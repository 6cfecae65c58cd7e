// The page's requests to the task: orders, and the settings. No DOM here: tests use these types.

/** Shown in place of what only the owner may use. */
export const OWNER_ONLY =
  'Only for this machine itself, by the address that the task prints when it starts.';

const NO_ANSWER = 'The task did not answer.';
/** An order takes a moment. If no connection is free, or the task hangs, the page must not wait forever. */
const ANSWER_MS = 10_000;
const LATE = `The task did not answer within ${ANSWER_MS / 1000} s; it may do so yet.`;

/** How long after a failed request for the settings the next one is made. */
const RETRY_MS = 5_000;

export interface Answer {
  /** HTTP status; 0 if there was no answer. */
  status: number;
  body: unknown;
}

/** The body of an error. */
export interface Refusal {
  message: string;
  issues?: { path: string; message: string }[];
}

/**
 * Makes a request that needs the controls' token.
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

/** Why something was not done; undefined if it was. */
export function refusalOf(answer: Answer): Refusal | undefined {
  if (answer.status === 0) return answer.body as Refusal;
  if (answer.status < 400) return undefined;
  const { message, issues } = answer.body as Refusal;
  return { message: `Refused: ${message}`, ...(issues && { issues }) };
}

/** A setting in the answer of GET /settings. */
export interface Setting {
  name: string;
  meaning: string;
  /** What its value must be. */
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
  /** The chosen value; always empty for a secret. */
  value: string;
  isSet: boolean;
  /** Whether the chosen value takes effect only after a restart. */
  needsRestart: boolean;
  /** Why the stored value can't be used. */
  problem: string | null;
}

export interface SettingsDocument {
  settings: Setting[];
  /** What is wrong with the stored settings as a whole. */
  problem: string | null;
  restart: { needed: boolean; offered: boolean };
}

/** The answer of POST /settings/notify-test. */
export interface NotifyTestDocument {
  results: { host: string; taken: boolean; status: number | null; reason: string | null }[];
}

/** Changed values by name; null for the default. */
export type Changes = Record<string, string | null>;

/** The settings as last received: requested only when they may have changed. */
export class SettingsClient {
  document: SettingsDocument | undefined;
  /** Why the last request for them failed. */
  refusal: Refusal | undefined;
  private isDue = true;
  private triedAt = -Infinity;
  private turn = 0;
  private readonly listeners: (() => void)[] = [];

  /** @param listener is called when the settings were received, or a request for them failed */
  onChange(listener: () => void): void {
    this.listeners.push(listener);
  }

  /** The settings may have changed: the next refresh requests them. */
  expire(): void {
    this.isDue = true;
    this.triedAt = -Infinity;
  }

  /** Requests the settings if that is due. Call this while the task can answer. */
  refresh(): void {
    if (!this.isDue || performance.now() - this.triedAt < RETRY_MS) return;
    this.triedAt = performance.now();
    void this.request('GET');
  }

  /** @returns why nothing was changed; undefined if everything was */
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
    // An answer overtaken by a later one is out of date.
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
