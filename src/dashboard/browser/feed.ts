import type { About, ShareLine, Status, Update } from '../update';

// The node's events: the stream that brings them, and the model that they make.

const HOUR_S = 3600;
const MAX_ENTRIES = 60;
const MAX_FINDS = 100;

/** What the page knows: all updates taken together, within the same bounds as in the node. */
export class Model {
  about: About | undefined;
  status: Status | undefined;
  controls = false;
  recent: ShareLine[] = [];
  samples: Update['samples'] = [];
  findsRound = 0;
  finds: Update['finds'] = [];
  audits: Update['audits'] = [];
  rewards: Update['rewards'] = [];

  apply(update: Update): void {
    if (update.reset) {
      this.samples = [];
      this.finds = [];
      this.audits = [];
      this.rewards = [];
    }
    if (update.about) this.about = update.about;
    if (update.recent) this.recent = update.recent;
    this.status = update.status;
    this.controls = update.controls;
    const since = update.status.now / 1000 - HOUR_S;
    this.samples = [...this.samples, ...update.samples].filter(([at]) => at > since);
    this.takeFinds(update);
    this.audits = [...this.audits, ...update.audits].slice(-MAX_ENTRIES);
    const counted = new Set(update.rewards.map(({ round }) => round));
    this.rewards = [...this.rewards.filter(({ round }) => !counted.has(round)), ...update.rewards]
      .sort((a, b) => a.round - b.round)
      .slice(-MAX_ENTRIES);
  }

  private takeFinds({ finds, findsRound }: Update): void {
    if (findsRound !== this.findsRound) this.finds = [];
    this.findsRound = findsRound;
    this.finds = [...this.finds, ...finds]
      .sort(([, a], [, b]) => b - a)
      .slice(0, MAX_FINDS)
      .sort(([a], [b]) => a - b);
  }
}

/** The node sends an event every second; after this long without one the page is stale. */
const STALE_MS = 4_000;
/** A connection that brings nothing for this long is given up. */
const DEAD_MS = 10_000;
const RETRY_MS = 2_000;
/** How long a page that gave way waits for its next turn; less than what makes it stale. */
const TURN_MS = 1_000;
/** Browsers open six connections to an origin, for all its pages together; this leaves two for everything else. */
const MOST_STREAMS = 4;

export interface StreamEvents {
  update(update: Update): void;
  /** Called each second while the page is visible. @param silentMs since the last update; undefined before the first */
  beat(silentMs: number | undefined, isStale: boolean): void;
}

/**
 * Follows the node's events while the page is visible, whatever happens to the node. A hidden page has no stream, since
 * a browser's pages share few connections. It gets what it missed when it is visible again.
 */
export class Stream {
  private source: EventSource | undefined;
  private lastId = '';
  private lastAt: number | undefined;
  private openedAt = 0;
  private isSeen = false;
  private seenAt = 0;
  private failed = false;
  private readonly turns = new Turns(() => this.giveWay());

  constructor(private readonly events: StreamEvents) {
    const look = (): void => this.follow(!document.hidden);
    document.addEventListener('visibilitychange', look);
    // The browser may keep the page for its back button.
    addEventListener('pagehide', () => this.follow(false));
    addEventListener('pageshow', look);
    look();
    setInterval(() => this.beat(), 1000);
  }

  private follow(isSeen: boolean): void {
    if (isSeen === this.isSeen) return;
    this.isSeen = isSeen;
    if (!isSeen) return this.close();
    this.seenAt = performance.now();
    this.failed = false;
    this.open();
  }

  private open(): void {
    this.close();
    const query = this.lastId ? `?last=${encodeURIComponent(this.lastId)}` : '';
    const source = new EventSource(`/dashboard/events${query}`);
    this.source = source;
    this.openedAt = performance.now();
    this.turns.begin();
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

  private close(): void {
    this.source?.close();
    this.source = undefined;
  }

  private giveWay(): void {
    if (!this.source) return;
    this.close();
    setTimeout(() => {
      if (this.isSeen && !this.source) this.open();
    }, TURN_MS);
  }

  private beat(): void {
    if (!this.isSeen) return;
    const now = performance.now();
    // While the page was hidden nothing was expected.
    const heardAt = Math.max(this.lastAt ?? 0, this.seenAt);
    const waitedMs = now - Math.max(heardAt, this.openedAt);
    const isClosed = this.source?.readyState === EventSource.CLOSED;
    const isStale = this.failed || now - heardAt > STALE_MS;
    // A browser gives up for good if the answer was no stream, and waits forever if the stream is silent.
    if ((isClosed && waitedMs > RETRY_MS) || waitedMs > DEAD_MS) this.open();
    this.events.beat(this.lastAt === undefined ? undefined : now - heardAt, isStale);
  }
}

/** Makes this browser's visible pages take turns if there are more of them than may have a stream at a time. */
class Turns {
  private readonly channel = new BroadcastChannel('orca-dashboard-streams');
  private begunSince = 0;

  /** @param over is called when enough other pages have begun after this one that it has to give way */
  constructor(over: () => void) {
    this.channel.onmessage = () => {
      if (++this.begunSince === MOST_STREAMS) over();
    };
  }

  /** Call this whenever the page opens a stream. */
  begin(): void {
    this.begunSince = 0;
    this.channel.postMessage('begun');
  }
}
