import { randomBytes, timingSafeEqual } from 'node:crypto';
import { chmod, lstat, readFile, rm, writeFile } from 'node:fs/promises';
import type { IncomingMessage, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RequestHandler } from 'express';
import type { Log } from '../process/log';
import { isOwnMachine, originOf, reachableName } from './access';

/** How the file is called beside a store: the store's path with this behind it, or this in its folder. */
export const CONTROL_TOKEN_FILE = '.control-token';

const TOKEN_BYTES = 16;
const FORM = new RegExp(`^[0-9a-f]{${2 * TOKEN_BYTES}}$`);
/** With the end of its line; what is longer is no token. */
const MAX_FILE_BYTES = 2 * TOKEN_BYTES + 2;
const MADE_ELSEWHERE_MS = 200;
const TRIES = 3;

/** As long as browsers keep one: 400 days. */
const COOKIE_AGE_MS = 400 * 24 * 3600 * 1000;

/**
 * What the controls ask for: 128 bits that the owner has by the address that the task prints. It opens the
 * controls and nothing else.
 */
export class ControlToken {
  constructor(readonly text: string) {}

  /** Whether a request has it, in this port's cookie or as `Authorization: Bearer`. */
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
   * GET `?token=…`: turns the right one into a cookie. Right or wrong, the browser goes on to the address
   * without it, so that it stays in no history and is told to nobody.
   */
  readonly enter: RequestHandler = (request, response, next) => {
    const { token } = request.query;
    if (token === undefined) return next();
    if (typeof token === 'string' && this.is(token)) {
      // Cookies know no ports, and there may be several nodes on this machine.
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
 * The token of a file, made when there is none: cookies and bookmarks outlive a restart.
 * @param locate tells where the file is; undefined where there is none to be kept
 * @returns one for this process alone, after a log line, when the file can't be had
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
 * The address by which this machine's owner gets the controls, too.
 * @param host that the port listens on
 * @returns undefined where loopback does not lead there, and so nobody may use the controls
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

/** Whether this machine's owner gets at a port that listens on a host, and so may use its controls. */
export function isOwnersHost(host: string): boolean {
  return ownersName(host) !== undefined;
}

/**
 * Says once where the dashboard is: the one line of the log that holds a secret.
 * @returns the address; undefined where nobody may use the controls
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
      // Another process may be about to write it.
      await sleep(MADE_ELSEWHERE_MS);
      found = await read(file);
    }
    if (found !== undefined) return found;
    await rm(file, { force: true });
  }
}

/** What a file holds; undefined where that is no token, or another user put it there. */
async function read(file: string): Promise<string | undefined> {
  const stats = await lstat(file);
  const isOwn = process.getuid === undefined || stats.uid === process.getuid();
  if (!stats.isFile() || stats.size > MAX_FILE_BYTES || !isOwn) return undefined;
  const text = (await readFile(file, 'latin1')).trim();
  if (!FORM.test(text)) return undefined;
  // Where files have no modes there is nothing to be closed.
  if ((stats.mode & 0o077) !== 0) await chmod(file, 0o600).catch(() => undefined);
  return text;
}
