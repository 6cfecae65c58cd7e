import type { IncomingHttpHeaders } from 'node:http';
import { isIP, isIPv4 } from 'node:net';
import type { Request, RequestHandler, Response } from 'express';
import type { ControlToken } from './control-token';
import { ApiError, sendError } from './errors';

// Who may ask what on the side port. A browser runs pages of anybody, on the owner's machine and next to it,
// and tells by Host, Origin and Sec-Fetch-* whose page asks for what; other programs come as themselves.

/** Where a port listens on all addresses, one of this machine alone that leads there. */
const ALL_ADDRESSES: ReadonlyMap<string, string> = new Map([
  ['0.0.0.0', '127.0.0.1'],
  ['::', 'localhost'],
]);

/** The name by which this machine reaches what listens on a host. */
export function reachableName(host: string): string {
  return ALL_ADDRESSES.get(host) ?? host;
}

/** "http://[::1]:8080": IPv6 addresses stand in brackets (RFC 3986 section 3.2.2). */
export function originOf(host: string, port: number | string): string {
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/** Whether an address is one that this machine alone has. */
export function isLoopback(address: string): boolean {
  const plain = address.replace(/^::ffff:/i, '');
  return plain === '::1' || (isIPv4(plain) && plain.startsWith('127.'));
}

/** Whether a host name or an address stands for the machine that uses it. */
export function isOwnMachine(name: string): boolean {
  return name === 'localhost' || isLoopback(name);
}

/** A page of another origin can't send it without asking first, and is never allowed to. */
const CONTROL_HEADER = 'X-Orca-Control';

/** Where a proxy on this machine tells whom it speaks for: then the address is not the client's. */
const PROXY_HEADERS = ['forwarded', 'via', 'x-forwarded-for', 'x-forwarded-host', 'x-real-ip'];

const NOT_OWN_NAME = new ApiError(
  403,
  'this Host is not a name of this node: expected localhost, an IP address, API_HOST or one of API_ALLOWED_HOSTS',
);
const NOT_OWN_PAGE = new ApiError(403, 'expected no request of a page that is not of this address');

/**
 * Lets nothing pass but what is addressed to this node by a name of its own, on any port. Any other name
 * may have been made to point here by whoever owns it, to have his pages read here (DNS rebinding), which
 * nobody can do to an IP address.
 * @param names besides localhost and IP addresses
 */
export function ownNamesOnly(names: readonly string[]): RequestHandler {
  const own = new Set(['localhost', ...names.map(plainName)]);
  return ({ headers }, response, next) => {
    const name = nameIn(headers.host);
    if (name !== undefined && (own.has(name) || isIP(name) !== 0)) next();
    else refuse(response, NOT_OWN_NAME);
  };
}

/** Lets nothing pass that a page of another origin sends, but a link from there may lead here. */
export const ownPagesOnly: RequestHandler = (request, response, next) => {
  if (isOtherPages(request.headers) && !isLink(request)) refuse(response, NOT_OWN_PAGE);
  else next();
};

/** Lets pass neither what another page sends nor what it leads a window to. */
export const noLinks: RequestHandler = ({ headers }, _response, next) => {
  if (isOtherPages(headers)) throw NOT_OWN_PAGE;
  next();
};

/**
 * Whether a request may use the controls: it comes from this machine itself, was addressed to it by a name
 * for itself, and has the token, without which anybody behind a proxy or a tunnel on this machine would too.
 */
export function mayControl(request: Request, token: ControlToken): boolean {
  return isOfThisMachine(request) && token.isIn(request);
}

/** Lets nothing pass but what this machine's own page, or a program on it, sends with the token. */
export function controlsOnly(token: ControlToken): RequestHandler {
  return (request, _response, next) => {
    if (!isOfThisMachine(request)) {
      throw new ApiError(403, 'the controls are for this machine itself, by its loopback address');
    }
    if (!token.isIn(request)) {
      throw new ApiError(403, 'the controls are for who opened the address that the task prints');
    }
    if (request.get(CONTROL_HEADER) !== '1') {
      throw new ApiError(403, `expected the header ${CONTROL_HEADER}: 1`);
    }
    next();
  };
}

function isOfThisMachine({ socket, headers }: Request): boolean {
  const name = nameIn(headers.host);
  return (
    socket.remoteAddress !== undefined &&
    isLoopback(socket.remoteAddress) &&
    name !== undefined &&
    isOwnMachine(name) &&
    PROXY_HEADERS.every((header) => headers[header] === undefined)
  );
}

/** By what its browser says: where it says nothing, it is no page's, or none that could tell of itself. */
function isOtherPages(headers: IncomingHttpHeaders): boolean {
  const { host, origin, 'sec-fetch-site': site } = headers;
  if (origin !== undefined && hostOf(origin) !== host?.toLowerCase()) return true;
  return site !== undefined && site !== 'same-origin' && site !== 'none';
}

/** Whether a whole window goes there, of which the page that sent it there learns nothing; no frame in a page does. */
function isLink({ method, headers }: Request): boolean {
  return (
    method === 'GET' &&
    headers.origin === undefined &&
    headers['sec-fetch-mode'] === 'navigate' &&
    headers['sec-fetch-dest'] === 'document'
  );
}

/** Host and port of an origin as browsers write it; something no Host can be for other schemes and `null`. */
function hostOf(origin: string): string {
  return /^https?:\/\/(.+)$/i.exec(origin)?.[1]!.toLowerCase() ?? '';
}

/** The name of a Host header, plain, an IPv6 address without its brackets; undefined where there is none. */
function nameIn(host: string | undefined): string | undefined {
  const [, address, name] = /^(?:\[([^\]]+)\]|([^:[\]]+))(?::\d{0,5})?$/.exec(host ?? '') ?? [];
  return name === undefined ? address?.toLowerCase() : plainName(name);
}

/** Without what names may be written with and mean the same. */
function plainName(name: string): string {
  return name.toLowerCase().replace(/\.$/, '');
}

/** Whoever is refused here keeps no connection: nothing more is expected of him. */
function refuse(response: Response, error: ApiError): void {
  response.setHeader('Connection', 'close');
  sendError(response, error);
}
