import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';

/** Roughly how long a slot takes on K2; back-off times are compressed in proportion to it. */
export const K2_SLOT_MS = 408;

/** Maps real time to slots. Stays at its first slot until it is started. */
export class SlotClock {
  #startingSlot: number;
  #startedAtMs: number | undefined;

  constructor(
    startingSlot: number,
    readonly slotMs: number,
  ) {
    this.#startingSlot = startingSlot;
  }

  start(): void {
    this.#startedAtMs ??= performance.now();
  }

  /** Continues from another slot, earlier or later. */
  reset(slot: number): void {
    this.#startingSlot = slot;
    if (this.isRunning) this.#startedAtMs = performance.now();
  }

  /** The slot from which it counts. */
  get startingSlot(): number {
    return this.#startingSlot;
  }

  get isRunning(): boolean {
    return this.#startedAtMs !== undefined;
  }

  slot(): number {
    return this.#startingSlot + Math.floor(this.#elapsedMs() / this.slotMs);
  }

  /** Milliseconds until a slot begins; 0 once it has. */
  msUntil(slot: number): number {
    return Math.max(0, (slot - this.#startingSlot) * this.slotMs - this.#elapsedMs());
  }

  /** Resolves when the slot has begun. Rejects with an AbortError when aborted. */
  async until(slot: number, signal: AbortSignal): Promise<void> {
    // Timers may fire up to a millisecond early.
    for (let waitMs = this.msUntil(slot); waitMs > 0; waitMs = this.msUntil(slot)) {
      await sleep(Math.ceil(waitMs), undefined, { signal });
    }
    signal.throwIfAborted();
  }

  #elapsedMs(): number {
    return this.#startedAtMs === undefined ? 0 : performance.now() - this.#startedAtMs;
  }
}
