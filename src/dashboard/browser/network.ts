import type { NetworkAnswer } from '../update';
import { byId, clock, isNew, setText, startTheme, element } from './dom';
import { fillLists } from './network-lists';
import { networkRateChart, networkRatePicture } from './network-rate';
import { Submitters } from './network-submitters';
import { count, si, tokens } from '../../format';

// The page of the network: one round as this node counts it, in the form of GET /network. It only reads.

const REFRESH_MS = 30_000;
/** The task answers within ten seconds, or says why not. */
const ANSWER_MS = 15_000;

/** What the address says: a link to it answers a dispute. */
interface Place {
  round: string | undefined;
  submitter: string | undefined;
}

const OUTCOMES = {
  paid: { text: 'Paid', className: 'pill good' },
  failed: { text: 'Failed', className: 'pill bad' },
  open: { text: 'Open', className: 'pill warn' },
} as const;

const chart = networkRateChart();
const submitters = new Submitters((submitter) => go({ ...place(), submitter }));
let turn = 0;
let isDue = true;
let shownAt = -Infinity;

startTheme(() => chart.restyle());
byId<HTMLSelectElement>('round').addEventListener('change', ({ target }) =>
  go({ ...place(), round: (target as HTMLSelectElement).value }),
);
byId('why-copy').addEventListener('click', () => void copy());
addEventListener('popstate', () => void load());
addEventListener('hashchange', () => void load());
document.addEventListener('visibilitychange', refresh);
setInterval(refresh, 1000);
void load();

function place(): Place {
  const { searchParams, hash } = new URL(location.href);
  return {
    round: searchParams.get('round') ?? undefined,
    submitter: searchParams.get('submitter') ?? (decoded(hash.slice(1)) || undefined),
  };
}

function decoded(hash: string): string {
  try {
    return decodeURIComponent(hash);
  } catch {
    return '';
  }
}

function queryOf({ round, submitter }: Place): string {
  const query = new URLSearchParams();
  if (round !== undefined) query.set('round', round);
  if (submitter !== undefined) query.set('submitter', submitter);
  return query.size === 0 ? '' : `?${query}`;
}

function go(next: Place): void {
  history.pushState(null, '', `/dashboard/network${queryOf(next)}`);
  void load();
}

function refresh(): void {
  if (document.hidden || !isDue || performance.now() - shownAt < REFRESH_MS) return;
  void load();
}

async function load(): Promise<void> {
  const mine = ++turn;
  isDue = false;
  const { round, submitter } = place();
  const found = await asked({ round, submitter: undefined });
  if (mine === turn) {
    if (typeof found === 'string') showFailure(found);
    else show(found, submitter);
  }
  if (mine === turn && round !== undefined && typeof found === 'string') {
    const newest = await asked({ round: undefined, submitter: undefined });
    if (mine === turn && typeof newest !== 'string') showRounds(newest, undefined);
  }
  if (mine === turn && submitter !== undefined && typeof found !== 'string') {
    const one = await asked({ round: String(found.round_number), submitter });
    if (mine === turn) showWhy(submitter, one);
  }
  if (mine !== turn) return;
  isDue = true;
  shownAt = performance.now();
}

/** @returns why there is no answer, if there is none */
async function asked(of: Place): Promise<NetworkAnswer | string> {
  try {
    const response = await fetch(`/network${queryOf(of)}`, {
      signal: AbortSignal.timeout(ANSWER_MS),
    });
    const body = (await response.json()) as NetworkAnswer & { message: string };
    return response.ok ? body : body.message;
  } catch {
    return 'The task does not answer. Trying again.';
  }
}

function showFailure(message: string): void {
  setText('status', message);
  document.body.classList.add('stale');
}

function show(found: NetworkAnswer, submitter: string | undefined): void {
  const { round_number, outcome, settled, bounty_roe, read_at, recent } = found;
  document.body.classList.remove('stale');
  showRounds(found, round_number);
  const { text, className } = OUTCOMES[outcome];
  setText('outcome', settled && outcome === 'open' ? 'Outcome not known' : text);
  byId('outcome').className = className;
  const all = found.submitters;
  const valid = all.filter((each) => each.valid);
  const hashes = valid.reduce((sum, each) => sum + BigInt(each.hashes), 0n);
  setText(
    'round-text',
    `${tokens(Number(bounty_roe))} tokens for ${count(valid.length, 'valid proof')} of ${all.length}, which prove ${si(hashes)} hashes together.`,
  );
  setText(
    'status',
    `Read from the chain at ${clock(Date.parse(read_at))}${settled ? '; nothing of it will change any more' : ''}.`,
  );
  submitters.show(found, submitter);
  fillLists(found);
  chart.show(networkRatePicture(recent));
  byId<HTMLAnchorElement>('json').href = `/network?round=${round_number}`;
  if (submitter === undefined) showWhy(undefined, undefined);
}

/** @param shown undefined where there is no answer for the round that the address says: any can be chosen instead */
function showRounds({ round_number, rounds }: NetworkAnswer, shown: number | undefined): void {
  const select = byId<HTMLSelectElement>('round');
  const numbers = [...new Set([...rounds, round_number])].sort((a, b) => b - a);
  if (isNew(select, numbers)) {
    select.replaceChildren(
      ...numbers.map((number) => {
        const option = element('option', '', String(number));
        option.value = String(number);
        return option;
      }),
    );
  }
  select.disabled = false;
  if (document.activeElement !== select) select.value = String(shown ?? '');
}

function showWhy(submitter: string | undefined, one: NetworkAnswer | string | undefined): void {
  const found = typeof one === 'object' ? one : undefined;
  const nothing = 'Choose a submitter in the table below.';
  setText('why-key', submitter?.slice(0, 64) ?? '');
  setText('why-text', found?.submitters[0]?.why ?? (typeof one === 'string' ? one : nothing));
  byId('why-proof').hidden = !found?.command;
  setText('why-command', found?.command ?? '');
  setText('why-copied', '');
}

/** Only a page of https or of this machine has a clipboard; elsewhere the line is selected for the owner to copy. */
async function copy(): Promise<void> {
  const line = byId('why-command');
  try {
    await navigator.clipboard.writeText(line.textContent);
    setText('why-copied', 'Copied.');
  } catch {
    getSelection()?.selectAllChildren(line);
    setText('why-copied', 'Selected: copy it with the keyboard.');
  }
}
