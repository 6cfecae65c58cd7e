import { z } from 'zod';

/** The node does not answer, or can't now: worth another try. */
export class NodeAway extends Error {
  override readonly name = 'NodeAway';

  /** @param isSilent whether there was no answer at all */
  constructor(
    message: string,
    readonly isSilent = false,
  ) {
    super(message);
  }
}

/** What answers is not a node, or one that refuses this worker: trying again won't help. */
export class WrongServer extends Error {
  override readonly name = 'WrongServer';
}

/** docs/API.md: the one shape of all errors of a node. */
const errorShape = z.object({ error: z.string(), message: z.string() });
export type ErrorAnswer = z.infer<typeof errorShape>;

export function errorAnswer(body: unknown): ErrorAnswer | undefined {
  return errorShape.safeParse(body).data;
}

/** Error codes of a server with another protocol, or with another identity. */
const WRONG_CODE = /CERT|SIGNED|SSL|TLS|^EPROTO$|^HPE_|_LEAF_SIGNATURE$/;

/** The fault behind a request that got no answer. @param url without secrets, for messages */
export function faultOf(url: string, error: unknown): NodeAway | WrongServer {
  const { name, cause } = error as { name?: string; cause?: { code?: string; message?: string } };
  if (name === 'TimeoutError') return new NodeAway(`${url} does not answer in time`, true);
  const { code, message } = cause ?? {};
  if (code && WRONG_CODE.test(code)) {
    return new WrongServer(`${url} can't be talked to: ${message || code} (${code})`);
  }
  // The Fetch Standard lists blocked ports.
  if (message === 'bad port') return new WrongServer(`${url}: a port that fetch refuses`);
  return new NodeAway(`${url}: ${code ?? (message || String(error))}`, true);
}

/**
 * The fault behind an unexpected answer.
 * @param url without secrets, for messages
 * @param body parsed JSON; undefined if it was not JSON
 */
export function faultOfAnswer(
  url: string,
  response: Pick<Response, 'status' | 'headers'>,
  body: unknown,
): NodeAway | WrongServer {
  const { status, headers } = response;
  const { message } = errorAnswer(body) ?? {};
  const what = `${url} answers ${status}${message ? `: ${message}` : ''}`;
  if (status === 408 || status === 429 || status >= 500) return new NodeAway(what);
  if (status >= 300 && status < 400) {
    return new WrongServer(`${what}: it leads to ${placeOf(headers.get('location'), url)}`);
  }
  if (message) return new WrongServer(what);
  return new WrongServer(`${what}, and not as a node does: is the address right?`);
}

/** The target of a redirect, without possible secrets. */
function placeOf(location: string | null, url: string): string {
  try {
    const { origin, pathname } = new URL(location ?? '', url);
    return origin + pathname;
  } catch {
    return 'nowhere';
  }
}
