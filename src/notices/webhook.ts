import http from 'node:http';
import https from 'node:https';
import type { Notice } from './notice';
import type { WebhookUrl } from './webhook-url';

// One notice to one webhook. What ntfy, Discord and Slack show of it is in docs/NOTIFICATIONS.md.

const TIMEOUT_MS = 10_000;
const OK = 200;
const FIRST_REDIRECT = 300;

/** What is posted, as JSON. */
export interface WebhookBody {
  /** All of it in one line, which Slack shows. */
  text: string;
  /** The same, which Discord shows, with its marks of Markdown escaped. */
  content: string;
  /** Keeps Discord from ringing for a worker that calls itself @everyone. */
  allowed_mentions: { parse: [] };
  /** Keeps Slack from reading marks of Markdown. */
  mrkdwn: false;
  title: string;
  event: string;
  level: Notice['level'];
  message: string;
  /** What to do, in a few words; empty where there is nothing to do. */
  action: string;
  /** This node's key, shortened to its ends. */
  node: string;
  /** When it was told, in ISO 8601. */
  at: string;
}

/** What is told by webhook. */
export type Message = Omit<Notice, 'event'> & { event: Notice['event'] | 'test' };

/** Why a webhook did not take a notice. Quotes nothing of the URL but its host. */
export class WebhookError extends Error {
  override readonly name = 'WebhookError';

  /** @param status the HTTP status; undefined where there was none */
  constructor(
    message: string,
    readonly status?: number,
  ) {
    super(message);
  }
}

/**
 * @param node its key, shortened
 * @param at ms since 1970
 */
export function webhookBody(
  { event, level, message, action }: Message,
  node: string,
  at: number,
): WebhookBody {
  const title = `Orca mining, node ${node}`;
  const plain = withoutTags(message);
  const text = `${title}: ${plain}`;
  return {
    text,
    content: text.replace(/[\\*_~|`#[\]()>-]/g, '\\$&'),
    allowed_mentions: { parse: [] },
    mrkdwn: false,
    title,
    event,
    level,
    message: plain,
    action: withoutTags(action),
    node,
    at: new Date(at).toISOString(),
  };
}

/** Slack takes <!channel> for a call to all, and &lt; for <; what the names of workers have is shown by look-alikes. */
function withoutTags(text: string): string {
  return text.replace(/</g, '‹').replace(/>/g, '›').replace(/&/g, '＆');
}

/**
 * Posts a body once. Redirects are not followed, and of the answer only its status is read.
 * @returns the status, from 200 to 299
 * @throws WebhookError when it may not have been taken
 */
export function post(
  { url, name }: WebhookUrl,
  body: WebhookBody,
  timeoutMs = TIMEOUT_MS,
): Promise<number> {
  const { request } = url.protocol === 'https:' ? https : http;
  const json = Buffer.from(JSON.stringify(body));
  const answered = new Promise<number>((resolve, reject) => {
    // The signal covers all of it: the name, the connection and the answer.
    const signal = AbortSignal.timeout(timeoutMs);
    const sent = request(url, {
      method: 'POST',
      agent: false,
      signal,
      headers: {
        'Content-Type': 'application/json; charset=utf-8',
        'Content-Length': json.length,
        'User-Agent': 'orca-mining-task',
        ...NTFY_HEADERS,
        'X-Priority': body.level === 'error' ? 'high' : 'default',
      },
    });
    sent.on('socket', (socket) => socket.unref());
    sent.on('response', (response) => {
      const { statusCode: status = 0 } = response;
      response.destroy();
      if (status >= OK && status < FIRST_REDIRECT) resolve(status);
      else reject(new WebhookError(`${name} answered with status ${status}`, status));
    });
    sent.on('error', (error: NodeJS.ErrnoException) => {
      const late = `${name} gave no answer in ${timeoutMs / 1000} s`;
      const reason = /^[A-Z][A-Z0-9_]{2,40}$/.test(error.code ?? '') ? ` (${error.code})` : '';
      reject(new WebhookError(signal.aborted ? late : `${name} can't be reached${reason}`));
    });
    sent.end(json);
  });
  return answered.catch((error: unknown) => {
    if (error instanceof WebhookError) throw error;
    // Node refused to make the request; its error may quote the URL.
    throw new WebhookError(`no request can be made of the URL of ${name}`);
  });
}

/** Has ntfy take what it shows from the body; others don't know these headers. Needs ntfy 2.10 or later. */
const NTFY_HEADERS = {
  'X-Template': 'yes',
  'X-Title': '{{.title}}',
  'X-Message': '{{.message}}',
} as const;
