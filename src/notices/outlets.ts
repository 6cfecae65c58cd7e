import type { Log } from '../process/log';
import type { KeyValueStore } from '../store/store';
import { Notices } from './notices';
import { Webhooks } from './webhooks';

// The places where notices go, each with limits of its own, so that none holds another back.

/** Where it is said what is so. */
export type Teller = Pick<Notices, 'once' | 'alarm' | 'well'>;

/** The record in the store of what went to webhooks. */
const KEY = 'webhook notices';

/** Says all of it to each. */
export function tellAll(tellers: readonly Teller[]): Teller {
  return {
    once: (...of) => tellers.forEach((teller) => teller.once(...of)),
    alarm: (...of) => tellers.forEach((teller) => teller.alarm(...of)),
    well: (...of) => tellers.forEach((teller) => teller.well(...of)),
  };
}

export interface WebhookOutlet {
  webhooks: Webhooks;
  teller: Teller;
}

/**
 * Opens what tells by webhook. Limits count while there is no webhook too: what was so before one was set is no news.
 * @param self this node's key, base58
 * @param urls the owner's list as it is now
 */
export async function openWebhooks({
  store,
  log,
  self,
  urls,
}: {
  store: KeyValueStore;
  log: Log;
  self: string;
  urls: () => string;
}): Promise<WebhookOutlet> {
  const webhooks = new Webhooks({ urls, self, log });
  const notices = await Notices.open({
    store,
    key: KEY,
    log,
    show: (notice) => Promise.resolve(webhooks.send(notice)),
  });
  return { webhooks, teller: withoutAddress(notices) };
}

/** The page's address brings the token of the controls, which must not leave this machine. */
function withoutAddress(teller: Teller): Teller {
  return {
    once(event, ...of) {
      if (event !== 'address') teller.once(event, ...of);
    },
    alarm: (...of) => teller.alarm(...of),
    well: (...of) => teller.well(...of),
  };
}
