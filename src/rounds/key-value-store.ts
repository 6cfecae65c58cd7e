/** Where round state is kept: strings under a bounded set of keys. */
export interface KeyValueStore {
  /** The value under a key; null when there is none. */
  get(key: string): Promise<string | null>;
  /** @throws when the value could not be written. */
  set(key: string, value: string): Promise<void>;
}
