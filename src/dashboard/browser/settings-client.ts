import { ask, refusalOf, type Refusal } from './orders';

// What GET /settings tells.

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

/** An answer that could not be had is asked for again after this long. */
const RETRY_MS = 5_000;

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
