import type { Update } from '../update';

/** The node tells something every second; after this long it has not. */
const STALE_MS = 4_000;
/** A connection that tells nothing for so long is given up. */
const DEAD_MS = 10_000;
const RETRY_MS = 2_000;

export interface StreamEvents {
  update(update: Update): void;
  /** Called each second. @param silentMs since the last update; undefined before the first */
  beat(silentMs: number | undefined, isStale: boolean): void;
}

/** Follows the node's events for as long as the page is open, whatever happens to the node. */
export class Stream {
  private source: EventSource | undefined;
  private lastId = '';
  private lastAt: number | undefined;
  private openedAt = 0;
  private failed = false;

  constructor(private readonly events: StreamEvents) {
    this.open();
    setInterval(() => this.beat(), 1000);
  }

  private open(): void {
    const query = this.lastId ? `?last=${encodeURIComponent(this.lastId)}` : '';
    const source = new EventSource(`/dashboard/events${query}`);
    this.source = source;
    this.openedAt = performance.now();
    source.onmessage = (message: MessageEvent<string>) => {
      this.lastId = message.lastEventId;
      this.lastAt = performance.now();
      this.failed = false;
      this.events.update(JSON.parse(message.data) as Update);
    };
    source.onerror = () => {
      this.failed = true;
      this.beat();
    };
  }

  private beat(): void {
    const now = performance.now();
    const silentMs = this.lastAt === undefined ? undefined : now - this.lastAt;
    const waitedMs = now - Math.max(this.lastAt ?? 0, this.openedAt);
    const isClosed = this.source?.readyState === EventSource.CLOSED;
    // Browsers give up for good where the answer was no stream, and wait for ever where it is silent.
    if ((isClosed && waitedMs > RETRY_MS) || waitedMs > DEAD_MS) {
      this.source?.close();
      this.open();
    }
    const isStale = this.failed || (silentMs ?? waitedMs) > STALE_MS;
    this.events.beat(silentMs, isStale);
  }
}
