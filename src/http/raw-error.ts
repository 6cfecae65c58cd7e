import { STATUS_CODES } from 'node:http';
import { errorBody, type ErrorStatus } from './errors';

/** An error answer as it goes over the wire, in the shape of all errors, for what never becomes a request. */
export function rawError(status: ErrorStatus): string {
  const body = JSON.stringify(errorBody(status, `${STATUS_CODES[status]}`));
  return [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    'Content-Type: application/json; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
    '',
    body,
  ].join('\r\n');
}

/** What Node's parser gave up on, as a status. */
export function parserStatus({ code }: NodeJS.ErrnoException): ErrorStatus {
  if (code === 'HPE_HEADER_OVERFLOW') return 431;
  return code === 'ERR_HTTP_REQUEST_TIMEOUT' ? 408 : 400;
}
