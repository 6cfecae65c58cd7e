import { shortKey } from '../format';
import { sparingly, type Log } from '../process/log';
import type { Notice } from './notice';
import { systemClock, type NoticeClock } from './notices';
import { post, webhookBody, WebhookError, type Message, type WebhookBody } from './webhook';
import { parseWebhookUrls, type WebhookUrl } from './webhook-url';

const MINUTE_MS = 60_000;
/** After a try that failed: five tries in an hour. */
const RETRY_MS = [1, 4, 15, 40].map((minutes) => minutes * MINUTE_MS);
const GIVEN_UP_MS = 60 * MINUTE_MS;
/** Notices that wait for one webhook; the newest are kept. */
const MAX_WAITING = 20;
/** Shorter than the page waits for its answer. */
const TEST_TIMEOUT_MS = 8_000;

export const TEST_MESSAGE: Message = {
  event: 'test',
  level: 'log',
  message: 'This is a test: notices of your mining node reach you here.',
  action: '',
};

/** What became of a test message. */
export interface WebhookTest {
  /** The host of the URL, with its port if it has one. */
  host: string;
  taken: boolean;
  /** HTTP status; null where there was no answer. */
  status: number | null;
  /** Why it was not taken; null if it was. */
  reason: string | null;
}

export interface WebhooksOptions {
  /** The owner's list as it is now: read for each notice, and before each try. */
  urls: () => string;
  /** This node's key, base58. */
  self: string;
  log: Pick<Log, 'warn'>;
  clock?: NoticeClock;
}

/** Sends notices to the owner's webhooks. Each has its own queue, so that one that is down holds back no other. */
export class Webhooks {
  private readonly outlets = new Map<string, Outlet>();
  private readonly clock: NoticeClock;
  private readonly tellFailed: (error: unknown) => void;

  constructor(private readonly options: WebhooksOptions) {
    this.clock = options.clock ?? systemClock;
    this.tellFailed = sparingly(
      (_times, error: unknown) =>
        options.log.warn(
          `a notice was not taken: ${error instanceof WebhookError ? error.message : 'it failed'}; it is tried again for an hour`,
        ),
      () => this.clock.now(),
    );
  }

  /** Has a notice sent to each of the webhooks. Neither waits nor throws. */
  send(notice: Notice): void {
    const now = this.clock.now();
    const waiting = { at: now, body: webhookBody(notice, this.node, now) };
    for (const href of this.outlets.keys()) {
      if (!this.isSet(href)) this.drop(href);
    }
    for (const webhook of this.urls) this.outletOf(webhook).add(waiting);
  }

  /** Sends a test message to each of the webhooks, once. @returns what became of it; empty where there are none */
  test(): Promise<WebhookTest[]> {
    return testWebhooks(this.urls, this.node, this.clock.now());
  }

  private outletOf(webhook: WebhookUrl): Outlet {
    const { href } = webhook.url;
    const isSet = (): boolean => this.isSet(href);
    const outlet =
      this.outlets.get(href) ?? new Outlet(webhook, isSet, this.clock, this.tellFailed);
    this.outlets.set(href, outlet);
    return outlet;
  }

  private drop(href: string): void {
    this.outlets.get(href)!.close();
    this.outlets.delete(href);
  }

  private isSet(href: string): boolean {
    return this.urls.some(({ url }) => url.href === href);
  }

  private get node(): string {
    return shortKey(this.options.self);
  }

  private get urls(): WebhookUrl[] {
    return parseWebhookUrls(this.options.urls());
  }
}

/** Sends a test message to each URL, once. @param node whose notices they would be, for people */
export function testWebhooks(
  urls: readonly WebhookUrl[],
  node: string,
  at: number,
): Promise<WebhookTest[]> {
  const body = webhookBody(TEST_MESSAGE, node, at);
  return Promise.all(
    urls.map(async (webhook): Promise<WebhookTest> => {
      const host = webhook.name;
      try {
        const status = await post(webhook, body, TEST_TIMEOUT_MS);
        return { host, taken: true, status, reason: null };
      } catch (error) {
        if (!(error instanceof WebhookError)) throw error;
        return { host, taken: false, status: error.status ?? null, reason: error.message };
      }
    }),
  );
}

interface Waiting {
  at: number;
  body: WebhookBody;
}

/** The notices that wait for one webhook, sent one after another. */
class Outlet {
  private waiting: Waiting[] = [];
  private isSending = false;
  private failures = 0;
  private cancelRetry: (() => void) | undefined;

  constructor(
    private readonly webhook: WebhookUrl,
    /** Whether the owner still wants notices sent there. */
    private readonly isSet: () => boolean,
    private readonly clock: NoticeClock,
    private readonly onFailed: (error: unknown) => void,
  ) {}

  /** A new notice is worth a try at once, whatever failed before. */
  add(notice: Waiting): void {
    this.waiting = [...this.waiting, notice].slice(-MAX_WAITING);
    this.failures = 0;
    if (!this.isSending) void this.sendAll();
  }

  /** Drops what waits. */
  close(): void {
    this.waiting = [];
    this.cancelRetry?.();
  }

  private async sendAll(): Promise<void> {
    this.cancelRetry?.();
    this.isSending = true;
    let next = this.next();
    while (next && (await this.sendOne(next))) next = this.next();
    this.isSending = false;
    if (!this.next()) return;
    const afterMs = RETRY_MS[this.failures++] ?? RETRY_MS.at(-1)!;
    this.cancelRetry = this.clock.after(afterMs, () => void this.sendAll());
  }

  /** What is sent next. Nothing, once the owner has removed the webhook: the setting acts at once. */
  private next(): Waiting | undefined {
    if (!this.isSet()) this.close();
    return this.waiting[0];
  }

  private async sendOne(notice: Waiting): Promise<boolean> {
    try {
      await post(this.webhook, notice.body);
    } catch (error) {
      this.onFailed(error);
      const now = this.clock.now();
      this.waiting = this.waiting.filter(({ at }) => now - at < GIVEN_UP_MS);
      return false;
    }
    this.waiting = this.waiting.filter((other) => other !== notice);
    this.failures = 0;
    return true;
  }
}
