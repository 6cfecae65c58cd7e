import { duration } from '../../format';
import type { Status } from '../update';
import { byId, element, isNew, setText } from './dom';

/** The round being mined, or mined last: how it stands, and the windows the chain's round goes through. */
export function showRound(status: Status): void {
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
  // Their room stays: between two rounds they are not known for a moment.
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
