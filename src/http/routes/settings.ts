import type { RequestHandler, Router } from 'express';
import { z } from 'zod';
import type { Webhooks, WebhookTest } from '../../notices/webhooks';
import { readSetting, SETTINGS } from '../../settings/schema';
import {
  SettingsNotKept,
  SettingsRefused,
  type SettingIssue,
  type Settings,
  type SettingState,
} from '../../settings/settings';
import { controlsOnly, noLinks } from '../access';
import { isOwnersHost, type ControlToken } from '../control-token';
import { ApiError, parse } from '../errors';
import { jsonBody } from '../requests';
import { addResource, answer, sendJson } from '../resource';
import { quoted } from '../wording';

/** What only the owner may see and do, with the token of the controls. */
export interface OwnersPart {
  settings: Settings;
  token: ControlToken;
  /** Ends the process, to be started again by what started it; undefined if nothing would. */
  restart: (() => void) | undefined;
  /** Where the owner is told besides; left out where nobody is told. */
  webhooks?: Pick<Webhooks, 'test'>;
}

/** What GET and PUT answer. */
export interface SettingsAnswer {
  settings: SettingState[];
  /** What is wrong with the stored settings as a whole. */
  problem: string | null;
  restart: { needed: boolean; offered: boolean };
}

/** What POST /settings/notify-test answers: one for each URL. */
export interface NotifyTestAnswer {
  results: WebhookTest[];
}

/** At most one test message in this time: others pay for what is sent to them. */
const BETWEEN_TESTS_MS = 10_000;

const value = z.union([z.string(), z.number(), z.null()], 'expected a string, a number or null');
const changes = z.record(z.string(), value, 'expected an object of settings with their values');

/** /settings: the owner's settings. Only on the side port. */
export function addSettings(router: Router, owners: OwnersPart): void {
  const { settings, token, restart, webhooks } = owners;
  // Not rate-limited: a low API_RATE_LIMIT would keep the owner from raising it again.
  const own = [noLinks, controlsOnly(token)];

  const get: RequestHandler = (_request, response) => {
    const { problem, needsRestart: needed } = settings;
    const body: SettingsAnswer = {
      settings: settings.list(),
      problem,
      restart: { needed, offered: restart !== undefined },
    };
    sendJson(response, body);
  };

  const put = answer(async (request, response) => {
    const wanted = parse(changes, request.body);
    const issues = [...settings.issuesOf(wanted), ...lockOut(wanted)];
    if (issues.length > 0) refuse(new SettingsRefused(issues, false));
    await settings.change(wanted).catch(refuse);
    get(request, response, () => undefined);
  });

  addResource(router, '/settings', { get: [...own, get], put: [...own, jsonBody, put] });
  if (webhooks) {
    addResource(router, '/settings/notify-test', { post: [...own, notifyTest(webhooks)] });
  }
}

/** POST: sends a test message to each webhook that is set. */
function notifyTest(webhooks: Pick<Webhooks, 'test'>): RequestHandler {
  let quietUntilMs = -Infinity;
  return answer(async (_request, response) => {
    const now = performance.now();
    if (now < quietUntilMs) {
      const seconds = BETWEEN_TESTS_MS / 1000;
      response.set('Retry-After', String(Math.ceil((quietUntilMs - now) / 1000)));
      throw new ApiError(429, `expected one test in ${seconds} s`);
    }
    quietUntilMs = now + BETWEEN_TESTS_MS;
    const body: NotifyTestAnswer = { results: await webhooks.test() };
    if (body.results.length === 0) {
      quietUntilMs = -Infinity;
      throw new ApiError(409, 'NOTIFY_URL is not set');
    }
    sendJson(response, body);
  });
}

/** Refuses an API_HOST that loopback can't reach: nobody could use the controls then, or undo this on the page. */
function lockOut({ API_HOST: written }: z.output<typeof changes>): SettingIssue[] {
  const read = readSetting(SETTINGS.API_HOST, written);
  if (!('value' in read) || isOwnersHost(read.value)) return [];
  const expected = 'an address by which this machine reaches itself, such as 127.0.0.1 or 0.0.0.0';
  return [{ path: 'API_HOST', message: `expected ${expected}, got ${quoted(written)}` }];
}

function refuse(error: unknown): never {
  if (error instanceof SettingsRefused) {
    throw new ApiError(error.areFixed ? 409 : 400, error.message, [...error.issues]);
  }
  if (error instanceof SettingsNotKept) throw new ApiError(503, error.message);
  throw error;
}
