import { randomBytes } from 'node:crypto';
import bs58 from 'bs58';
import type { RequestHandler, Response } from 'express';
import packageJson from '../../package.json';
import { mayControl } from '../http/access';
import type { ControlToken } from '../http/control-token';
import { ApiError } from '../http/errors';
import { Places, type PlaceLimits } from '../process/places';
import type { MiningNode } from '../node';
import type { RoundClock } from '../rounds/round-clock';
import type { AccountView } from './earnings';
import { shareLine, statusOf } from './status';
import type { About, Status, Update } from './update';

const TICK_MS = 1_000;
export const STREAMS: PlaceLimits = { all: 16, each: 8, reservedForLoopback: 4 };
const MAX_RECENT = 12;
/** A page that stops reading is disconnected; it reconnects by itself. */
const MAX_UNREAD_BYTES = 2 ** 20;
/** How long a browser waits before it reconnects. */
const RETRY_MS = 1_000;

/** What a listener has seen: the edition of the history, and the place of the newest entry of each kind. */
interface Cursor {
  edition: number;
  sample: number;
  find: number;
  share: number;
  audit: number;
  reward: number;
}

interface Listener {
  response: Response;
  cursor: Cursor;
  controls: boolean;
}

const NOTHING: Cursor = { edition: 0, sample: 0, find: 0, share: 0, audit: 0, reward: 0 };

/**
 * Tells the pages what happens, as server-sent events. An event's id says what has been seen up to it, so a page that
 * reconnects gets what it missed, straight from the history. A page that knows another process, or another edition of
 * the history, starts afresh.
 */
export class Feed {
  private readonly listeners = new Set<Listener>();
  private readonly places = new Places(STREAMS);
  /** Identifies this process in the ids of events. */
  private readonly boot = randomBytes(6).toString('hex');
  private readonly timer: NodeJS.Timeout;

  /**
   * @param clock gives the windows of a round; undefined where rounds have none
   * @param account what the chain holds of this node's account; undefined where nobody can tell
   */
  constructor(
    private readonly node: MiningNode,
    private readonly token: ControlToken,
    private readonly clock: RoundClock | undefined,
    private readonly account: AccountView | undefined,
  ) {
    this.timer = setInterval(() => this.tick(), TICK_MS).unref();
  }

  /** GET: the stream of events, starting after Last-Event-ID if that is known. */
  readonly subscribe: RequestHandler = (request, response) => {
    const last = request.get('Last-Event-ID') ?? request.query['last'];
    const seen = this.parse(last);
    const isHead = request.method === 'HEAD';
    const leave = isHead ? undefined : this.places.take(request.socket.remoteAddress);
    if (!isHead && !leave) {
      response.set('Retry-After', '10');
      throw new ApiError(503, `expected at most ${STREAMS.each} pages of one address at a time`);
    }
    response.set({
      'Content-Type': 'text/event-stream; charset=utf-8',
      'Cache-Control': 'no-store',
      'X-Accel-Buffering': 'no',
    });
    if (!leave) return void response.end();
    response.write(`retry: ${RETRY_MS}\n\n`);
    const controls = mayControl(request, this.token);
    const { edition } = this.node.history;
    const listener = { response, cursor: seen ?? { ...NOTHING, edition }, controls };
    this.listeners.add(listener);
    response.once('close', () => {
      this.listeners.delete(listener);
      leave();
    });
    this.send(listener, seen === undefined, this.status());
  };

  close(): void {
    clearInterval(this.timer);
    for (const { response } of this.listeners) response.end();
  }

  private tick(): void {
    if (this.listeners.size === 0) return;
    const status = this.status();
    for (const listener of this.listeners) {
      if (listener.response.writableLength > MAX_UNREAD_BYTES) listener.response.destroy();
      else this.send(listener, false, status);
    }
  }

  private status(): Status {
    const round = this.node.miner.miningRound;
    const times = round === undefined ? undefined : this.clock?.timesOf(round);
    return statusOf(this.node, times, this.account?.state, this.clock !== undefined);
  }

  /** @param isStranger whether the listener knows nothing of this process */
  private send(listener: Listener, isStranger: boolean, status: Status): void {
    const update = this.updateFor(listener, isStranger, status);
    const { edition, sample, find, share, audit, reward } = listener.cursor;
    const id = [this.boot, edition, sample, find, share, audit, reward].join('-');
    listener.response.write(`id: ${id}\ndata: ${JSON.stringify(update)}\n\n`);
  }

  /** What a listener has not seen yet. Marks it as seen. */
  private updateFor(listener: Listener, isStranger: boolean, status: Status): Update {
    const { history, shares } = this.node;
    const { edition, samples, finds, audits, rewards } = history;
    const isOutdated = listener.cursor.edition !== edition;
    const seen = isOutdated ? NOTHING : listener.cursor;
    const lastShare = shares.lastPlace;
    listener.cursor = {
      edition,
      sample: samples.last,
      find: finds.last,
      share: lastShare,
      audit: audits.last,
      reward: rewards.last,
    };
    return {
      reset: isStranger || isOutdated,
      controls: listener.controls,
      ...(isStranger && { about: this.about() }),
      status,
      samples: samples.after(seen.sample),
      findsRound: finds.round,
      finds: finds.after(seen.find),
      ...(lastShare > seen.share && { recent: shares.recent(MAX_RECENT).map(shareLine) }),
      audits: audits.after(seen.audit),
      rewards: rewards.after(seen.reward),
    };
  }

  private about(): About {
    const { version } = packageJson;
    const { taskId, publicKey } = this.node.miner.identity;
    return {
      submitter: publicKey,
      taskId: bs58.encode(taskId),
      version: this.node.isRehearsal ? `${version}, a rehearsal build` : version,
    };
  }

  /** The cursor in an event's id; undefined if the id isn't from this process. */
  private parse(id: unknown): Cursor | undefined {
    if (typeof id !== 'string' || !/^[0-9a-f]{12}(-\d{1,16}){6}$/.test(id)) return undefined;
    const [boot, ...numbers] = id.split('-');
    const [edition, sample, find, share, audit, reward] = numbers.map(Number);
    if (boot !== this.boot) return undefined;
    return {
      edition: edition!,
      sample: sample!,
      find: find!,
      share: share!,
      audit: audit!,
      reward: reward!,
    };
  }
}
