import { count, ROE_PER_TOKEN, shortKey } from '../../format';
import type { ListAnswer, NetworkAnswer } from '../update';
import { byId, element, isNew, setText } from './dom';

/** Shows the lists of a round. What stood open stays open. */
export function fillLists({ lists, lists_in_all, self, round_number }: NetworkAnswer): void {
  const box = byId('lists');
  const more = lists_in_all - lists.length;
  setText('lists-note', more > 0 ? `${count(more, 'more list')}, not shown.` : '');
  if (!isNew(box, [round_number, lists])) return;
  if (lists.length === 0) {
    box.replaceChildren(element('li', 'muted', 'No list was handed in so far.'));
    return;
  }
  const open = new Set(
    [...box.querySelectorAll('details[open]')].map((each) => (each as HTMLElement).dataset['of']),
  );
  box.replaceChildren(...lists.map((list) => item(list, list.maker === self, open)));
}

function item(
  list: ListAnswer,
  isOwn: boolean,
  open: ReadonlySet<string | undefined>,
): HTMLElement {
  const { maker, stands, why, differences, differing, votes } = list;
  const key = element('span', 'mono', shortKey(maker));
  key.title = maker;
  const head = element(
    'p',
    '',
    element('b', stands ? 'good' : 'bad', stands ? 'Stands' : 'Voted out'),
    ' list of ',
    key,
    ...(isOwn ? [element('b', 'own', ' this node')] : []),
  );
  const parts: HTMLElement[] = [head, element('p', 'muted', why)];
  if (votes.length > 0) {
    const all = list.votes_for + list.votes_against;
    const lines = votes.map((vote) => `${shortKey(vote.voter)} ${vote.for ? 'for' : 'against'}`);
    if (all > votes.length) lines.push(`and ${all - votes.length} more`);
    parts.push(details(`votes ${maker}`, count(all, 'vote'), lines, open));
  }
  if (differences.length > 0) {
    const lines = differences.map(
      ({ submitter, theirs_roe, ours_roe }) =>
        `pays ${shortKey(submitter)} ${amount(theirs_roe)} instead of ${amount(ours_roe)}`,
    );
    if (differing! > differences.length) lines.push(`and ${differing! - differences.length} more`);
    parts.push(details(`differs ${maker}`, count(differing!, 'difference'), lines, open));
  }
  return element('li', '', ...parts);
}

function details(
  of: string,
  summary: string,
  lines: readonly string[],
  open: ReadonlySet<string | undefined>,
): HTMLElement {
  const made = element(
    'details',
    '',
    element('summary', '', summary),
    element('ul', '', ...lines.map((line) => element('li', '', line))),
  );
  made.dataset['of'] = of;
  made.open = open.has(of);
  return made;
}

/** In tokens, with all its digits: two amounts that differ must not look the same. */
function amount(roe: string | null): string {
  if (roe === null) return 'nothing (not named)';
  const number = Number(roe);
  return Number.isSafeInteger(number) ? String(number / ROE_PER_TOKEN) : `${roe} ROE`;
}
