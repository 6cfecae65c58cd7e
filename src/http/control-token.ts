import { randomBytes, timingSafeEqual } from 'node:crypto';
import { chmod, lstat, readFile, rm, writeFile } from 'node:fs/promises';
import type { IncomingMessage, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RequestHandler } from 'express';
import type { Log } from '../process/log';
import { isOwnMachine, originOf, reachableName } from './addresses';

/** Name of the token's file: appended to the store's path, or inside the store's folder. */
export const CONTROL_TOKEN_FILE = '.control-token';

const TOKEN_BYTES = 16;
const FORM = new RegExp(`^[0-9a-f]{${2 * TOKEN_BYTES}}$`);
/** Token and line end; a longer file holds no token. */
const MAX_FILE_BYTES = 2 * TOKEN_BYTES + 2;
const MADE_ELSEWHERE_MS = 200;
const TRIES = 3;

/** 400 days, the longest that browsers keep a cookie. */
const COOKIE_AGE_MS = 400 * 24 * 3600 * 1000;

/**
 * The secret that opens the controls, and nothing else: 128 bits, which the owner gets with the address that the task
 * prints.
 */
export class ControlToken {
  constructor(readonly text: string) {}

  /** Whether a request carries it, in this port's cookie or as `Authorization: Bearer`. */
  isIn({ socket, headers }: IncomingMessage): boolean {
    const [, bearer] = /^Bearer +(\S+)$/i.exec(headers.authorization ?? '') ?? [];
    const prefix = `${cookieName(socket.localPort)}=`;
    const cookies = (headers.cookie ?? '')
      .split(/; */)
      .filter((cookie) => cookie.startsWith(prefix))
      .map((cookie) => cookie.slice(prefix.length));
    return [...(bearer === undefined ? [] : [bearer]), ...cookies].some((text) => this.is(text));
  }

  /**
   * GET `?token=…`: turns the right token into a cookie. Right or wrong, it redirects to the address without the
   * token, which keeps it out of the history and of Referer headers.
   */
  readonly enter: RequestHandler = (request, response, next) => {
    const { token } = request.query;
    if (token === undefined) return next();
    if (typeof token === 'string' && this.is(token)) {
      // Cookies are shared by all ports, and this machine may run several nodes.
      response.cookie(cookieName(request.socket.localPort), this.text, {
        httpOnly: true,
        sameSite: 'strict',
        path: '/',
        maxAge: COOKIE_AGE_MS,
      });
    }
    response.set('Cache-Control', 'no-store').redirect(303, '/');
  };

  private is(text: string): boolean {
    const [expected, got] = [Buffer.from(this.text), Buffer.from(text)];
    return expected.length === got.length && timingSafeEqual(expected, got);
  }
}

/**
 * Reads the token from its file, or creates it, so that cookies and bookmarks outlive a restart.
 * @param locate tells where the file is; undefined to keep no file
 * @returns a token for this process only, after a log line, if the file can't be used
 */
export async function openControlToken(
  locate: (() => Promise<string> | string) | undefined,
  log: Pick<Log, 'warn'>,
): Promise<ControlToken> {
  if (!locate) return new ControlToken(newToken());
  try {
    return new ControlToken(await readOrMake(await locate()));
  } catch (error) {
    log.warn({ error }, "the controls' token can't be kept: after a restart it is another one");
    return new ControlToken(newToken());
  }
}

/**
 * The dashboard's address with the token, which also opens the controls.
 * @param host the address that the port listens on
 * @returns undefined if the port can't be reached by loopback: then nobody may use the controls
 */
export function addressWithToken(
  host: string,
  port: number,
  { text }: ControlToken,
): string | undefined {
  const name = ownersName(host);
  if (name === undefined) return undefined;
  return `${originOf(name, port)}/?token=${text}`;
}

/** Whether a port that listens on the host can be reached by loopback, which its controls require. */
export function isOwnersHost(host: string): boolean {
  return ownersName(host) !== undefined;
}

/**
 * Logs where the dashboard is, once: the only log line that holds a secret.
 * @returns the address; undefined if nobody may use the controls
 */
export function tellAddress(server: Server, token: ControlToken, log: Log): string | undefined {
  const { address: host, port } = server.address() as AddressInfo;
  const address = addressWithToken(host, port, token);
  if (address !== undefined) log.info(`the dashboard, with its controls: ${address}`);
  return address;
}

function ownersName(host: string): string | undefined {
  const name = reachableName(host);
  return isOwnMachine(name) ? name : undefined;
}

function cookieName(port: number | undefined): string {
  return `orca-control-${port}`;
}

function newToken(): string {
  return randomBytes(TOKEN_BYTES).toString('hex');
}

async function readOrMake(file: string): Promise<string> {
  for (let tries = 1; ; tries++) {
    const made = newToken();
    try {
      await writeFile(file, `${made}\n`, { flag: 'wx', mode: 0o600 });
      return made;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST' || tries === TRIES) throw error;
    }
    let found = await read(file);
    if (found === undefined) {
      // Another process may be writing it just now.
      await sleep(MADE_ELSEWHERE_MS);
      found = await read(file);
    }
    if (found !== undefined) return found;
    await rm(file, { force: true });
  }
}

/** The token in a file; undefined if it holds none or belongs to another user. */
async function read(file: string): Promise<string | undefined> {
  const stats = await lstat(file);
  const isOwn = process.getuid === undefined || stats.uid === process.getuid();
  if (!stats.isFile() || stats.size > MAX_FILE_BYTES || !isOwn) return undefined;
  const text = (await readFile(file, 'latin1')).trim();
  if (!FORM.test(text)) return undefined;
  // Fails on file systems without modes, where there is nothing to close.
  if ((stats.mode & 0o077) !== 0) await chmod(file, 0o600).catch(() => undefined);
  return text;
}
