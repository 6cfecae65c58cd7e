import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { type RequestHandler, Router } from 'express';
import { z } from 'zod';
import { controlsOnly, noLinks } from '../http/access';
import type { ControlToken } from '../http/control-token';
import { ApiError, errorAnswers, parse } from '../http/errors';
import { jsonBody } from '../http/requests';
import { addResource } from '../http/resource';
import { bitcoinState } from '../http/routes/bitcoin';
import type { OwnersPart } from '../http/routes/settings';
import type { Governor } from '../mining/governor';
import type { MiningNode } from '../node';
import { RoundClock, type RoundTimes } from '../rounds/round-clock';
import { AccountView, type AccountState } from './earnings';
import { Feed } from './feed';
import { pageFiles } from './page-files';
import { wantsBitcoin } from './status';

// The dashboard's routes: the page and its files, its events, and its controls.

const PATHS = ['/dashboard', /^\/$/];

/** Nothing but this page's own files: no inline script or style, no other origin, no frame around it. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const orderSchema = z.strictObject({ action: z.enum(['pause', 'resume', 'restart']) });

/**
 * The page for the node's owner, the events that feed it, and its controls. For the side port alone: none of it belongs
 * on the public internet.
 * @param roundTimes gives the windows of a round; undefined where rounds aren't on a chain
 * @param account tells what the chain holds of this node's account
 */
export function createDashboard(
  node: MiningNode,
  { token, restart }: OwnersPart,
  roundTimes?: (round: number) => Promise<RoundTimes>,
  account?: () => Promise<AccountState>,
): Router {
  const clock = roundTimes && new RoundClock(roundTimes);
  const feed = new Feed(node, token, clock, account && new AccountView(account));
  const router = Router();
  router.use(PATHS, secured);
  addPage(router, token, {
    hasChain: roundTimes !== undefined,
    wantsBitcoin: wantsBitcoin(bitcoinState(node)),
  });
  addResource(router, '/dashboard/events', { get: [noLinks, feed.subscribe] });
  addResource(router, '/dashboard/control', {
    post: [noLinks, controlsOnly(token), jsonBody, control(node.governor, restart)],
  });
  router.use(PATHS, errorAnswers(node.log));
  return router;
}

/** Headers of every answer of the dashboard. */
const secured: RequestHandler = (_request, response, next) => {
  response.set({
    'Content-Security-Policy': CONTENT_SECURITY_POLICY,
    'Cross-Origin-Resource-Policy': 'same-origin',
    'Permissions-Policy': 'camera=(), geolocation=(), microphone=()',
    'Referrer-Policy': 'no-referrer',
    'X-Content-Type-Options': 'nosniff',
    'X-Frame-Options': 'DENY',
  });
  next();
};

/**
 * The page and its files, compressed once; a browser that has the current version gets 304.
 * @param token of the controls, which the page's address may contain
 * @param hasChain whether rounds have windows and rewards; if not, the page has no place for them
 * @param wantsBitcoin whether the page has room for the tip and what else there is of Bitcoin from the start
 */
function addPage(
  router: Router,
  token: ControlToken,
  { hasChain, wantsBitcoin }: { hasChain: boolean; wantsBitcoin: boolean },
): void {
  const { html, css, js, icon, network } = pageFiles();
  const page = html
    .replace('data-chain="yes"', `data-chain="${hasChain ? 'yes' : 'no'}"`)
    .replace('data-bitcoin="yes"', `data-bitcoin="${wantsBitcoin ? 'yes' : 'no'}"`);
  addResource(router, '/', { get: [token.enter, file(page, 'text/html; charset=utf-8')] });
  addResource(router, '/dashboard/style.css', { get: [file(css, 'text/css; charset=utf-8')] });
  addResource(router, '/dashboard/page.js', {
    get: [file(js, 'text/javascript; charset=utf-8')],
  });
  addResource(router, '/dashboard/icon.svg', { get: [file(icon, 'image/svg+xml')] });
  addResource(router, '/dashboard/network', {
    get: [hasChain ? file(network.html, 'text/html; charset=utf-8') : noNetwork],
  });
  addResource(router, '/dashboard/network.js', {
    get: [file(network.js, 'text/javascript; charset=utf-8')],
  });
}

const noNetwork: RequestHandler = () => {
  throw new ApiError(404, 'this node runs without a chain that has rounds to show');
};

function file(text: string, type: string): RequestHandler {
  const plain = Buffer.from(text);
  const zipped = gzipSync(plain);
  const hash = createHash('sha256').update(plain).digest('base64url').slice(0, 16);
  return (request, response) => {
    const zips = request.acceptsEncodings('gzip') === 'gzip';
    response.set({
      'Content-Type': type,
      // The browser asks each time and mostly gets 304, so that a new version shows at once.
      'Cache-Control': 'no-cache',
      ETag: `"${hash}${zips ? '-gz' : ''}"`,
      Vary: 'Accept-Encoding',
      ...(zips && { 'Content-Encoding': 'gzip' }),
    });
    response.send(zips ? zipped : plain);
  };
}

/**
 * POST: pauses, resumes or restarts, and answers the resulting state of mining.
 * @param restart ends the process; undefined where nobody would start it again
 */
function control(governor: Governor, restart: (() => void) | undefined): RequestHandler {
  return (request, response) => {
    const { action } = parse(orderSchema, request.body);
    if (action === 'restart') {
      if (!restart) throw new ApiError(409, 'nobody starts this node again when it ends');
      // After the answer, since the process may end at once.
      response.once('close', restart);
    } else if (action === 'pause') governor.pause();
    else governor.resume();
    const { state, intensity } = governor;
    response.set('Cache-Control', 'no-store').json({ state, intensity });
  };
}
