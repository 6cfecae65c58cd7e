import { count, duration, percent, shortKey, si } from '../../format';
import type { ShareLine, Status } from '../update';
import { showBitcoin } from './bitcoin';
import {
  byId,
  clock,
  element,
  fillRows,
  hasChain,
  isNew,
  setText,
  setValue,
  type Cell,
} from './dom';
import { showEarnings } from './earnings';
import type { Model } from './feed';
import { nameOf, showMiners } from './miners';

// What the page shows in words, numbers and tables: everything but the earnings, the charts, the miners, Bitcoin, the controls and
// the settings.

const STATES: Record<Status['state'], { text: string; kind: string }> = {
  mining: { text: 'Mining', kind: 'good' },
  waiting: { text: 'Waiting for a round', kind: 'warn' },
  paused: { text: 'Paused', kind: 'warn' },
  'outside the schedule': { text: 'Resting', kind: 'warn' },
};

const REASONS: Record<string, string> = {
  wrong_height: "another round's height",
  no_proof: 'no proof',
  incomplete_proof: 'half a proof',
  wrong_difficulty: 'misses its difficulty',
  wrong_hash: 'another hash',
  above_target: 'misses the target',
};

/** The pill at the top. @param status undefined before the first update */
export function showState(status: Status | undefined, isStale: boolean): void {
  const pill = byId('state');
  const faulty = status !== undefined && status.faults.length > 0;
  const { text, kind } = isStale
    ? { text: status ? 'Stale' : 'Connecting', kind: 'bad' }
    : faulty
      ? { text: `Degraded: ${status.faults.join(', ')}`, kind: 'bad' }
      : status
        ? { ...STATES[status.state], text: stateText(status) }
        : { text: 'Connecting', kind: '' };
  setText(pill, text);
  pill.dataset['kind'] = kind;
}

/** The state in words, such as "Resting until 22:00 (Europe/Berlin)". */
function stateText({ state, until }: Status): string {
  const { text } = STATES[state];
  return until && state !== 'waiting' ? `${text} until ${until.time} (${until.zone})` : text;
}

/** Everything in words, numbers and tables but the state. */
export function showSections(model: Model): void {
  const status = model.status!;
  showRound(status);
  showEarnings(model, status);
  showFigures(status);
  showBackends(status);
  showUsage(status);
  showShares(model, status);
  showAudits(model);
  showMiners(status);
  showBitcoin(status);
  const { submitter, version } = model.about!;
  setText('node', shortKey(submitter));
  byId('node').title = submitter;
  setText('version', `orca-mining-task ${version}`);
}

/** The round being mined, or mined last: its state, and the windows it goes through on the chain. */
function showRound(status: Status): void {
  const { round, times, now } = status;
  setText('round', round ? String(round.number) : '–');
  showPhases(times, now);
  const left = times ? times.endsAt - now : (round?.msLeft ?? null);
  setText('round-left', round && left !== null ? `${duration(left)} left` : '');
  setText('round-text', roundText(status, left));
}

function roundText({ round, state, until }: Status, left: number | null): string {
  if (!round) return 'No round was mined since the task started.';
  if (round.closed) return 'This round is closed: its proof is final.';
  if (!round.isMined) return 'Mining of this round has ended.';
  const kept = 'what was found is kept';
  const rest =
    left === null ? `${kept}.` : `${kept}, and the round's time runs on without this node.`;
  if (state === 'paused') return `Mining is paused: ${rest}`;
  if (state === 'outside the schedule') {
    return `Mining rests outside its hours${until ? ` until ${until.time}` : ''}: ${rest}`;
  }
  return left === null
    ? 'Mining goes on until the next round starts.'
    : "Being mined: its proof grows until the round's time is over.";
}

function showPhases(times: Status['times'], now: number): void {
  // Their room stays, since between two rounds they are unknown for a moment.
  byId('phases').classList.toggle('unknown', times === null);
  if (!times) return;
  const { startsAt, submissionEndsAt, auditEndsAt, endsAt, round } = times;
  const last = round > 0 ? `round ${round - 1}` : '';
  const phases = [
    {
      from: startsAt,
      to: submissionEndsAt,
      text: last ? `Proofs of ${last} are submitted` : 'Submission window',
    },
    {
      from: submissionEndsAt,
      to: auditEndsAt,
      text: last ? `Proofs of ${last} are audited` : 'Audit window',
    },
    { from: auditEndsAt, to: endsAt, text: 'Until the next round' },
  ];
  const segments = byId('phase-bar').querySelectorAll('i');
  const items = phases.map(({ from, to, text }, i) => {
    const isNow = now >= from && now < to;
    const segment = segments[i]!;
    segment.style.flexGrow = String(Math.max(0, to - from));
    segment.className = isNow ? 'now' : '';
    return [isNow ? 'now' : '', isNow ? `${text}: ${duration(to - now)} left` : text] as const;
  });
  const list = byId('phase-list');
  if (isNew(list, items)) {
    list.replaceChildren(
      ...items.map(([className, text], i) => {
        const item = element('li', className, text);
        item.style.flexGrow = segments[i]!.style.flexGrow;
        return item;
      }),
    );
  }
  const done = Math.min(1, Math.max(0, (now - startsAt) / (endsAt - startsAt)));
  byId('phase-mark').style.transform = `translateX(${done * 100}%)`;
}

function showFigures({ round, k }: Status): void {
  setValue('proven', round ? si(round.hashesProven) : '–', 'hashes');
  setText(
    'proven-note',
    round?.relativeError
      ? `± ${percent(round.relativeError)}; ${round.shares} of ${k} shares`
      : 'no share yet',
  );
  setText('count', round ? String(round.validShares) : '–');
  setText('count-note', round ? `${round.invalidShares} rejected` : 'no round yet');
}

function showBackends({ backends }: Status): void {
  const list = byId('backends');
  if (!isNew(list, backends)) return;
  list.replaceChildren(
    ...backends.map(({ name, threads, reason }) =>
      element(
        'li',
        '',
        element('b', threads > 0 ? 'good' : '', name),
        element('span', '', threads > 0 ? `in use by ${count(threads, 'thread')}` : reason),
      ),
    ),
  );
}

function showUsage({ usage: { cpuRatio, memoryBytes, uptimeS } }: Status): void {
  setText('usage-cpu', `${percent(cpuRatio)} of one core`);
  setText('usage-memory', si(memoryBytes, 'B'));
  setText('usage-uptime', duration(uptimeS * 1000));
}

function verdictOf({ reason, best }: ShareLine): Cell {
  if (reason !== null) {
    return { text: `rejected: ${REASONS[reason] ?? reason}`, className: 'bad' };
  }
  return best ? { text: 'entered the proof', className: 'good' } : 'valid';
}

function showShares({ recent }: Model, { verdicts, shares }: Status): void {
  const rejected = Object.entries(verdicts.rejected);
  const parts = [
    { fill: 'best', count: verdicts.best, text: 'entered the proof' },
    { fill: 'valid', count: verdicts.valid, text: 'valid' },
    ...rejected.map(([reason, n]) => ({
      fill: 'rejected',
      count: n,
      text: `rejected: ${REASONS[reason] ?? reason}`,
    })),
  ];
  const bar = byId('verdict-bar');
  if (isNew(bar, parts)) {
    bar.replaceChildren(
      ...parts
        .filter((part) => part.count > 0)
        .map((part) => {
          const segment = element('i', `fill-${part.fill}`);
          segment.style.flexGrow = String(part.count);
          return segment;
        }),
    );
    byId('verdicts').replaceChildren(
      ...parts.map((part) =>
        element('li', '', element('i', `fill-${part.fill}`), `${part.count} ${part.text}`),
      ),
    );
  }
  setText(
    'verdicts-note',
    `Of the last ${count(verdicts.of, 'share')}; ${count(shares.conflicts, 'repeat')}. Of all rounds: ${shares.valid} valid, ${shares.invalid} rejected.`,
  );
  fillRows(
    byId('shares'),
    recent.map((share) => [
      clock(share.at),
      nameOf(share.worker),
      share.difficulty > 0 ? si(share.difficulty) : '–',
      verdictOf(share),
    ]),
    4,
    [2],
    'No share yet',
  );
}

function showAudits({ audits }: Model): void {
  const classes = { valid: 'good', invalid: 'bad', abstained: 'warn' } as const;
  fillRows(
    byId('audits'),
    [...audits]
      .reverse()
      .map(({ round, submitter, verdict, hashes, reason }) => [
        String(round),
        { text: shortKey(submitter), className: 'mono' },
        { text: verdict, className: classes[verdict] },
        verdict === 'valid' ? `proves ${si(Number(hashes))} hashes` : (reason ?? ''),
      ]),
    4,
    [0],
    hasChain ? 'This node has audited nobody yet' : 'Nobody has asked this node for an audit yet',
  );
}
