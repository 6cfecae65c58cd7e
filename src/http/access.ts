import type { IncomingHttpHeaders } from 'node:http';
import { isIP } from 'node:net';
import type { Request, RequestHandler, Response } from 'express';
import { isLoopback } from '../process/places';
import { isOwnMachine } from './addresses';
import type { ControlToken } from './control-token';
import { ApiError, sendError } from './errors';

// Who may send what to the side port. Browsers on the owner's machine and network run anybody's pages, and say by Host,
// Origin and Sec-Fetch-* which page a request comes from; other programs speak for themselves.

/** A page of another origin has to ask (CORS preflight) before it sends this header, and is never allowed to. */
const CONTROL_HEADER = 'X-Orca-Control';

/** Set by proxies: the connection then comes from the proxy, not from the client. */
const PROXY_HEADERS = ['forwarded', 'via', 'x-forwarded-for', 'x-forwarded-host', 'x-real-ip'];

const NOT_OWN_NAME = new ApiError(
  403,
  'this Host is not a name of this node: expected localhost, an IP address, API_HOST or one of API_ALLOWED_HOSTS',
);
const NOT_OWN_PAGE = new ApiError(403, 'expected no request of a page that is not of this address');

/**
 * Passes only requests whose Host is one of this node's own names, on any port. The owner of any other name may have
 * pointed it here so that their pages can read this node (DNS rebinding); nobody can do that to an IP address.
 * @param names allowed besides localhost and IP addresses
 */
export function ownNamesOnly(names: readonly string[]): RequestHandler {
  const own = new Set(['localhost', ...names.map(plainName)]);
  return ({ headers }, response, next) => {
    const name = nameIn(headers.host);
    if (name !== undefined && (own.has(name) || isIP(name) !== 0)) next();
    else refuse(response, NOT_OWN_NAME);
  };
}

/** Refuses requests from pages of other origins, except links that open this page. */
export const ownPagesOnly: RequestHandler = (request, response, next) => {
  if (isOtherPages(request.headers) && !isLink(request)) refuse(response, NOT_OWN_PAGE);
  else next();
};

/** Refuses requests from pages of other origins, links included. */
export const noLinks: RequestHandler = ({ headers }, _response, next) => {
  if (isOtherPages(headers)) throw NOT_OWN_PAGE;
  next();
};

/**
 * Whether a request may use the controls: it comes from this machine, its Host means this machine, and it has the
 * token. Without the token, anybody behind a proxy or tunnel on this machine could use them.
 */
export function mayControl(request: Request, token: ControlToken): boolean {
  return isOfThisMachine(request) && token.isIn(request);
}

/** Passes only requests with the token, from this machine's own page or from a program on it. */
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

/** Goes by what the browser says. One that says nothing is no browser, or too old to say it. */
function isOtherPages(headers: IncomingHttpHeaders): boolean {
  const { host, origin, 'sec-fetch-site': site } = headers;
  if (origin !== undefined && hostOf(origin) !== host?.toLowerCase()) return true;
  return site !== undefined && site !== 'same-origin' && site !== 'none';
}

/** Whether a whole window navigates here, not a frame: the page that sent it can't read the answer. */
function isLink({ method, headers }: Request): boolean {
  return (
    method === 'GET' &&
    headers.origin === undefined &&
    headers['sec-fetch-mode'] === 'navigate' &&
    headers['sec-fetch-dest'] === 'document'
  );
}

/** Host and port of an Origin header. For other schemes and `null` it is empty, which equals no Host. */
function hostOf(origin: string): string {
  return /^https?:\/\/(.+)$/i.exec(origin)?.[1]!.toLowerCase() ?? '';
}

/** The name in a Host header, normalized, IPv6 without brackets; undefined if it has none. */
function nameIn(host: string | undefined): string | undefined {
  const [, address, name] = /^(?:\[([^\]]+)\]|([^:[\]]+))(?::\d{0,5})?$/.exec(host ?? '') ?? [];
  return name === undefined ? address?.toLowerCase() : plainName(name);
}

/** Lower case and without the final dot, neither of which changes what a name means. */
function plainName(name: string): string {
  return name.toLowerCase().replace(/\.$/, '');
}

/** Refuses a request and closes its connection. */
function refuse(response: Response, error: ApiError): void {
  response.setHeader('Connection', 'close');
  sendError(response, error);
}
