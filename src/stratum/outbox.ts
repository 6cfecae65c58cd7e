/**
 * What is to be sent over one connection, in order: what follows an answer that isn't known yet waits for it. All that
 * is known in one turn of the event loop is one write.
 */
export class Outbox {
  private readonly slots: { text: string | undefined }[] = [];
  private isFlushDue = false;

  /** @param write sends text */
  constructor(private readonly write: (text: string) => void) {}

  /** How many answers and messages wait. */
  get waiting(): number {
    return this.slots.length;
  }

  send(text: string): void {
    this.slots.push({ text });
    this.flushSoon();
  }

  /** Keeps a place. @returns a function that takes the text for it, once */
  reserve(): (text: string) => void {
    const slot: { text: string | undefined } = { text: undefined };
    this.slots.push(slot);
    return (text) => {
      slot.text = text;
      this.flushSoon();
    };
  }

  private flushSoon(): void {
    if (this.isFlushDue || this.slots[0]?.text === undefined) return;
    this.isFlushDue = true;
    queueMicrotask(() => this.flush());
  }

  private flush(): void {
    this.isFlushDue = false;
    const unknown = this.slots.findIndex(({ text }) => text === undefined);
    const known = this.slots.splice(0, unknown < 0 ? this.slots.length : unknown);
    if (known.length > 0) this.write(known.map(({ text }) => text).join(''));
  }
}
