import { count, duration, si } from '../../format';
import type { BitcoinState, Status, StratumStatus, WorkerLine } from '../update';
import { byId, element, isNew, setText, setValue } from './dom';

// What the page shows of miners: where they connect, what each of them does, and the best share that was ever found.
// Their names are anybody's text.

const COLUMNS: { label: string; of: (worker: WorkerLine) => string }[] = [
  { label: 'Rate now', of: ({ hashrateHps }) => rate(hashrateHps) },
  { label: 'Rate this round', of: ({ roundHashrateHps }) => rate(roundHashrateHps) },
  { label: 'Difficulty', of: ({ difficulty }) => difficultyText(difficulty) },
  { label: 'Accepted', of: ({ accepted }) => String(accepted) },
  { label: 'Rejected', of: rejectedText },
  { label: 'Best this round', of: ({ roundBest }) => difficultyText(roundBest) },
  { label: 'Best ever', of: ({ best }) => difficultyText(best) },
  { label: 'Last share', of: ({ sinceShareMs }) => since(sinceShareMs) },
  { label: 'Last heard of', of: ({ idleMs }) => since(idleMs) },
];

/** Everything in this file. */
export function showMiners(status: Status): void {
  showBest(status);
  showStratum(status.stratum);
  showUser(status.bitcoin);
  showWorkers(status.workers);
}

/** A worker's name for people. */
export function nameOf(worker: string): string {
  return worker === 'local' ? 'this node' : worker;
}

function showBest({ best, round }: Status): void {
  setValue('best', best ? si(best.difficulty) : '–');
  setText('best-round', round?.bestDifficulty ? si(round.bestDifficulty) : '–');
  const note = byId('best-note');
  if (!isNew(note, best)) return;
  if (!best) return note.replaceChildren('no share yet');
  const day = new Date(best.at).toLocaleDateString([], {
    day: 'numeric',
    month: 'short',
    year: 'numeric',
  });
  note.replaceChildren(`${day}, round ${best.round}, by `, element('bdi', '', nameOf(best.worker)));
  note.title = note.textContent;
}

function showStratum(stratum: StratumStatus): void {
  const isOpen = stratum.state === 'open';
  setText('stratum-url', isOpen ? stratum.url : '–');
  setText('stratum-count', isOpen ? count(stratum.connections, 'connection') : '–');
  const password = isOpen && stratum.hasPassword ? 'the one set as STRATUM_PASSWORD' : 'anything';
  setText('stratum-password', password);
  const note = byId('stratum-note');
  const shown = isOpen ? [stratum.isLocal, stratum.lanUrl] : [stratum.state];
  if (isNew(note, shown)) note.replaceChildren(...stratumNote(stratum));
}

/** AxeOS looks for the address before the dot among those that the coinbase pays. */
function showUser({ source, payout }: BitcoinState): void {
  const address = source === 'bitcoin' ? payout?.address : undefined;
  const user = byId('stratum-user');
  if (!isNew(user, address ?? null)) return;
  const name = address === undefined ? 'bitaxe1' : `${address}.bitaxe1`;
  const example = element('span', 'mono', name);
  if (address === undefined) user.replaceChildren('any name, such as ', example);
  else user.replaceChildren(example, ', with any name behind the dot');
}

/** Who can connect, and what the owner may have to do. */
function stratumNote(stratum: StratumStatus): (Node | string)[] {
  const settings = element('a', '', 'settings');
  settings.href = '#settings-title';
  const then = [' in the ', settings, ' and restart the task'] as const;
  if (stratum.state === 'failed') {
    return ["Stratum isn't served: the task's log says why."];
  }
  if (stratum.state === 'off') {
    return ['Stratum is off. To have it, set STRATUM_PORT to 3333', ...then, '.'];
  }
  if (!stratum.isLocal) return ['Miners of the local network can connect.'];
  const later = stratum.lanUrl === null ? '.' : `. They then connect to ${stratum.lanUrl}`;
  return [
    'Only programs on this machine can connect. To let in miners of the local network, set STRATUM_HOST to 0.0.0.0',
    ...then,
    later,
  ];
}

function showWorkers({ known, list }: Status['workers']): void {
  const body = byId('workers');
  const rows = list.map((worker) => ({
    name: worker.id,
    agent: worker.agent,
    facts: COLUMNS.map(({ of }) => of(worker)),
  }));
  if (!isNew(body, [rows, known])) return;
  const more = known - list.length;
  const others = more > 0 ? [noteRow(`and ${more} more`)] : [];
  const nobody = 'No remote worker yet: point a miner here, or start one by npm run worker';
  body.replaceChildren(
    ...(known === 0
      ? [noteRow(nobody)]
      : rows.map(({ name, agent, facts }) => {
          const worker = element('th', '', element('b', '', name), element('span', 'muted', agent));
          worker.scope = 'row';
          return element('tr', '', worker, ...facts.map(factCell));
        })),
    ...others,
  );
}

/** Its label stands in for the column's head where there is no room for columns. */
function factCell(text: string, column: number): HTMLElement {
  const cell = element('td', 'number', text);
  cell.dataset['label'] = COLUMNS[column]!.label;
  return cell;
}

function noteRow(text: string): HTMLElement {
  const cell = element('td', 'nothing', text);
  cell.colSpan = 1 + COLUMNS.length;
  return element('tr', '', cell);
}

/** Makes the head of the workers' table. */
export function startMiners(): void {
  const heads = COLUMNS.map(({ label }) => {
    const head = element('th', 'number', label);
    head.scope = 'col';
    return head;
  });
  byId('workers-head').append(...heads);
}

function rate(hps: number): string {
  return hps > 0 ? si(hps, 'H/s') : '–';
}

function difficultyText(difficulty: number | null): string {
  return difficulty === null ? '–' : si(difficulty);
}

/** Such as "12: 8 stale, 4 low difficulty" */
function rejectedText({ rejected }: WorkerLine): string {
  const reasons = Object.entries(rejected);
  const all = reasons.reduce((sum, [, of]) => sum + of, 0);
  const parts = reasons.map(([reason, of]) => `${of} ${reason.replace('_', ' ')}`);
  return all === 0 ? '0' : `${all}: ${parts.join(', ')}`;
}

function since(ms: number | null): string {
  return ms === null ? 'none yet' : `${duration(ms)} ago`;
}
