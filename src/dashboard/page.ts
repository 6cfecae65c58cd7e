import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import type { RequestHandler, Router } from 'express';
import type { ControlToken } from '../http/control-token';
import { addResource } from '../http/resource';
import { pageFiles } from './page-files';

/**
 * Nothing but this page's own files: no inline script or style, no other origin, no frame around it.
 */
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

/** Headers of every answer of the dashboard. */
export const secured: RequestHandler = (_request, response, next) => {
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
 * The page and its files, compressed once; a browser that has them is told so.
 * @param token of the controls, which the page's address may bring along
 * @param hasChain whether rounds have windows and rewards, which the page else shows no place for
 */
export function addPage(router: Router, token: ControlToken, hasChain: boolean): void {
  const { html, css, js, icon } = pageFiles();
  const page = hasChain ? html : html.replace('data-chain="yes"', 'data-chain="no"');
  addResource(router, '/', { get: [token.enter, file(page, 'text/html; charset=utf-8')] });
  addResource(router, '/dashboard/style.css', { get: [file(css, 'text/css; charset=utf-8')] });
  addResource(router, '/dashboard/page.js', {
    get: [file(js, 'text/javascript; charset=utf-8')],
  });
  addResource(router, '/dashboard/icon.svg', { get: [file(icon, 'image/svg+xml')] });
}

function file(text: string, type: string): RequestHandler {
  const plain = Buffer.from(text);
  const zipped = gzipSync(plain);
  const hash = createHash('sha256').update(plain).digest('base64url').slice(0, 16);
  return (request, response) => {
    const zips = request.acceptsEncodings('gzip') === 'gzip';
    response.set({
      'Content-Type': type,
      // Asked for again each time, and answered by 304: a new version is there at once.
      'Cache-Control': 'no-cache',
      ETag: `"${hash}${zips ? '-gz' : ''}"`,
      Vary: 'Accept-Encoding',
      ...(zips && { 'Content-Encoding': 'gzip' }),
    });
    response.send(zips ? zipped : plain);
  };
}
