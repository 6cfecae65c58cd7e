import { BlockList, isIP, isIPv6 } from 'node:net';

/** Where a notice is posted to. */
export interface WebhookUrl {
  readonly url: URL;
  /** host:port, or the host alone: all of it that people are shown, for the rest may be secret. */
  readonly name: string;
}

export const MAX_WEBHOOKS = 8;

/** What the owner is told to write. */
export const EXPECTED_WEBHOOKS = `https://ntfy.sh/your-topic, at most ${MAX_WEBHOOKS} separated by commas; http only to localhost or a private IP address; % in a user or password as %25`;

/** A comma that stands before another URL: one in a path or a query doesn't count. */
const BETWEEN_URLS = /,(?=\s*(?:https?:\/\/|$))/i;

/** Addresses that no packet leaves a machine or its network for. */
const PRIVATE = new BlockList();
PRIVATE.addSubnet('127.0.0.0', 8);
// RFC 1918
PRIVATE.addSubnet('10.0.0.0', 8);
PRIVATE.addSubnet('172.16.0.0', 12);
PRIVATE.addSubnet('192.168.0.0', 16);
// RFC 3927
PRIVATE.addSubnet('169.254.0.0', 16);
PRIVATE.addAddress('::1', 'ipv6');
// RFC 4193
PRIVATE.addSubnet('fc00::', 7, 'ipv6');
// RFC 4291
PRIVATE.addSubnet('fe80::', 10, 'ipv6');

/**
 * Reads the owner's list of webhooks; one that stands there twice counts once.
 * @throws RangeError that says what was expected, and quotes nothing: the text may hold tokens
 */
export function parseWebhookUrls(text: string): WebhookUrl[] {
  const written = text
    .split(BETWEEN_URLS)
    .map((url) => url.trim())
    .filter((url) => url !== '');
  const urls = new Map(written.map(parseWebhookUrl).map((webhook) => [webhook.url.href, webhook]));
  if (urls.size > MAX_WEBHOOKS) throw malformed();
  return [...urls.values()];
}

function parseWebhookUrl(text: string): WebhookUrl {
  try {
    const url = new URL(text);
    const isSafe = url.protocol === 'https:' || (url.protocol === 'http:' && isPrivate(url));
    if (!isSafe || url.hash !== '') throw malformed();
    // WHATWG leaves a bare % in them, and Node's http.request throws at it.
    decodeURIComponent(`${url.username}:${url.password}`);
    return { url, name: url.host };
  } catch {
    // Node's own error quotes the URL.
    throw malformed();
  }
}

/** Only by an address that is written out: whoever owns a name may point it elsewhere later (DNS rebinding). */
function isPrivate({ hostname }: URL): boolean {
  if (hostname === 'localhost') return true;
  const address = hostname.replace(/^\[|\]$/g, '');
  return isIP(address) !== 0 && PRIVATE.check(address, isIPv6(address) ? 'ipv6' : 'ipv4');
}

function malformed(): RangeError {
  return new RangeError(`URL of a webhook: expected ${EXPECTED_WEBHOOKS}`);
}
