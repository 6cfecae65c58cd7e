import { isIPv4 } from 'node:net';
import type { Request, RequestHandler } from 'express';
import { z } from 'zod';
import { ApiError, parse } from '../http/errors';
import type { Governor } from '../mining/governor';

/** A page of another origin can't send it without asking first, and is never allowed to. */
export const CONTROL_HEADER = 'X-Orca-Control';

/** Where a proxy on this machine tells whom it speaks for: then the address is not the client's. */
const PROXY_HEADERS = ['forwarded', 'via', 'x-forwarded-for', 'x-forwarded-host', 'x-real-ip'];

const order = z.union([
  z.strictObject({ action: z.enum(['pause', 'resume']) }),
  z.strictObject({ intensity: z.number().int().min(1).max(100) }),
]);

/** Whether a request comes from this machine itself and was addressed to it by a name for itself. */
export function mayControl({ socket, headers }: Request): boolean {
  return (
    isLoopback(socket.remoteAddress) &&
    // A name that was made to point here (DNS rebinding) is not one of these.
    isLocalHost(headers.host) &&
    PROXY_HEADERS.every((name) => headers[name] === undefined)
  );
}

/** Lets nothing pass but what this machine's own page, or a program on it, sends. */
export const controlsOnly: RequestHandler = (request, _response, next) => {
  if (!mayControl(request)) {
    throw new ApiError(403, 'the controls are for this machine itself, by its loopback address');
  }
  const { host, origin, 'sec-fetch-site': site } = request.headers;
  if (origin !== undefined && origin !== `http://${host}`) {
    throw new ApiError(403, 'the controls are for the page of this address');
  }
  if (site !== undefined && site !== 'same-origin') {
    throw new ApiError(403, 'the controls are for the page of this address');
  }
  if (request.get(CONTROL_HEADER) !== '1') {
    throw new ApiError(403, `expected the header ${CONTROL_HEADER}: 1`);
  }
  next();
};

/** POST: pause, resume, or another intensity. Answers how it stands then. */
export function control(governor: Governor): RequestHandler {
  return (request, response) => {
    const wanted = parse(order, request.body, 'order');
    if ('intensity' in wanted) governor.intensity = wanted.intensity;
    else if (wanted.action === 'pause') governor.pause();
    else governor.resume();
    const { state, intensity } = governor;
    response.set('Cache-Control', 'no-store').json({ state, intensity });
  };
}

function isLoopback(address: string | undefined): boolean {
  const plain = address?.replace(/^::ffff:/, '');
  return plain === '::1' || (plain !== undefined && isIPv4(plain) && plain.startsWith('127.'));
}

function isLocalHost(host: string | undefined): boolean {
  return host !== undefined && /^(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d{1,5})?$/i.test(host);
}
