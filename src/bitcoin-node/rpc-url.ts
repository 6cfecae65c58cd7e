/** Where a Bitcoin node answers JSON-RPC. */
export interface RpcAddress {
  /** host:port, which is all that people are shown: the rest may be secret. */
  readonly name: string;
  readonly isEncrypted: boolean;
  /** A name or an address, IPv6 without brackets. */
  readonly host: string;
  readonly port: number;
  readonly path: string;
  /** user:password as in Basic authentication; undefined where the cookie file has them. */
  readonly credentials: string | undefined;
}

/** What the owner is told to write. */
export const EXPECTED_RPC_URLS =
  'http://user:password@127.0.0.1:8332, several separated by commas; other signs than letters and digits in ' +
  'the password percent-encoded (%40 for @)';

/** A comma that stands before another URL: one in a password doesn't count. */
const BETWEEN_URLS = /,(?=\s*(?:https?:\/\/|$))/i;

/** The URLs of the owner's list of Bitcoin nodes. */
export function splitRpcUrls(text: string): string[] {
  return text
    .split(BETWEEN_URLS)
    .map((url) => url.trim())
    .filter((url) => url !== '');
}

/**
 * Reads the owner's list of Bitcoin nodes.
 * @throws RangeError that says what was expected, and quotes nothing: the text has passwords
 */
export function parseRpcUrls(text: string): RpcAddress[] {
  const urls = splitRpcUrls(text);
  if (urls.length === 0) throw malformed();
  return urls.map(parseRpcUrl);
}

/** Reads one URL. @throws as `parseRpcUrls` does */
export function parseRpcUrl(text: string): RpcAddress {
  try {
    const url = new URL(text.trim());
    const isEncrypted = url.protocol === 'https:';
    if ((!isEncrypted && url.protocol !== 'http:') || url.hash !== '') throw malformed();
    const port = Number(url.port || (isEncrypted ? 443 : 80));
    const { username, password } = url;
    return {
      name: `${url.hostname}:${port}`,
      isEncrypted,
      host: url.hostname.replace(/^\[|\]$/g, ''),
      port,
      path: url.pathname + url.search,
      credentials:
        username || password
          ? `${decodeURIComponent(username)}:${decodeURIComponent(password)}`
          : undefined,
    };
  } catch {
    // Node's own error quotes the URL.
    throw malformed();
  }
}

function malformed(): RangeError {
  return new RangeError(`URL of a Bitcoin node: expected ${EXPECTED_RPC_URLS}`);
}
