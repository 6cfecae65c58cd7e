import { count, shortKey, si, tokens } from '../../format';
import type { NetworkAnswer, SubmitterAnswer } from '../update';
import { byId, element, isNew, setText } from './dom';

/** More rows take a browser long to lay out. */
const FIRST_ROWS = 100;
const COLUMNS = 7;

/** The table of a round's submitters, the most proven hashes first. */
export class Submitters {
  private found: NetworkAnswer | undefined;
  private chosen: string | undefined;
  private showsAll = false;
  private readonly body = byId('submitters');
  private readonly filter = byId<HTMLInputElement>('filter');

  /** @param choose is given the key of a row */
  constructor(private readonly choose: (submitter: string) => void) {
    this.filter.addEventListener('input', () => this.fill());
    byId('show-all').addEventListener('click', () => {
      this.showsAll = true;
      this.fill();
    });
  }

  show(found: NetworkAnswer, chosen: string | undefined): void {
    if (this.found?.round_number !== found.round_number) this.showsAll = false;
    this.found = found;
    this.chosen = chosen;
    this.fill();
  }

  private fill(): void {
    if (!this.found) return;
    const { submitters, self, round_number } = this.found;
    const sought = this.filter.value.trim();
    const matching = sorted(submitters).filter(({ submitter }) => submitter.includes(sought));
    const few = this.showsAll ? matching : matching.slice(0, FIRST_ROWS);
    const chosen = matching.find(({ submitter }) => submitter === this.chosen);
    const rows = chosen && !few.includes(chosen) ? [chosen, ...few] : few;
    const left = matching.length - rows.length;
    setText(
      'submitters-note',
      `${rows.length < submitters.length ? `${rows.length} of ` : ''}${count(submitters.length, 'submitter')}.`,
    );
    byId('show-all').hidden = left <= 0;
    if (!isNew(this.body, [round_number, this.chosen, rows])) return;
    if (rows.length === 0) {
      const cell = element('td', 'nothing', 'Nobody.');
      cell.colSpan = COLUMNS;
      this.body.replaceChildren(element('tr', '', cell));
      return;
    }
    const focused = (document.activeElement as HTMLElement | null)?.dataset['submitter'];
    this.body.replaceChildren(...rows.map((row) => this.row(row, row.submitter === self)));
    if (focused !== undefined) {
      [...this.body.querySelectorAll('a')]
        .find(({ dataset }) => dataset['submitter'] === focused)
        ?.focus({ preventScroll: true });
    }
  }

  private row(of: SubmitterAnswer, isSelf: boolean): HTMLElement {
    const { submitter, hashes, work_source, shares, payout_roe, standing_roe } = of;
    const link = element('a', 'mono', shortKey(submitter));
    const query = new URLSearchParams({ round: String(this.found!.round_number), submitter });
    link.href = `/dashboard/network?${query}`;
    link.title = submitter;
    link.dataset['submitter'] = submitter;
    link.addEventListener('click', (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      this.choose(submitter);
    });
    const name = element('td', '', link, ...(isSelf ? [element('b', 'own', ' this node')] : []));
    const number = (text: string): HTMLElement => element('td', 'number', text);
    const differs = standing_roe !== null && standing_roe !== payout_roe;
    const row = element(
      'tr',
      isSelf ? 'own' : '',
      name,
      number(si(Number(hashes))),
      element('td', '', work_source ?? '–'),
      number(shares === null ? '–' : String(shares)),
      number(tokens(Number(payout_roe))),
      element(
        'td',
        `number${differs ? ' bad' : ''}`,
        standing_roe === null ? '–' : tokens(Number(standing_roe)),
      ),
      element('td', of.valid ? 'good' : 'bad', of.valid ? 'valid' : `invalid: ${of.reason}`),
    );
    if (submitter === this.chosen) row.ariaCurrent = 'true';
    return row;
  }
}

function sorted(submitters: readonly SubmitterAnswer[]): SubmitterAnswer[] {
  // A count of hashes fits a double well enough to be ordered by.
  return [...submitters].sort((a, b) => Number(b.hashes) - Number(a.hashes));
}
