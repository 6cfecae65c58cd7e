import type { RoundReport, RunReport } from '../../simulator';
import { count, shortKey, si, tokens } from '../../src/format';
import type { Html } from './html';
import { html, table } from './html';

/** A round of the report page: its proofs, lists and votes. */
export function roundSection(round: RoundReport, report: RunReport): Html {
  const name = namesOf(report);
  const state = round.accepted ? 'paid' : round.closed ? 'never paid' : 'open';
  const { submissions, auditVotes, distributionLists, expectedListMakers } = round;
  const seed = round['seed'];
  const expected = expectedListMakers
    .map(
      ({ inRound, publicKey }) =>
        `${publicKey === null ? 'nobody' : name(publicKey)} in round ${inRound}`,
    )
    .join(', ');
  return html`<details open>
    <summary>
      Round ${round.round}: ${count(submissions.length, 'proof')},
      <span class="${round.accepted ? 'good' : 'bad'}">${state}</span>
    </summary>
    ${typeof seed === 'string' ? html`<p>Seed <code>${seed}</code></p>` : ''}
    ${table(
      [
        'Proof of',
        'Source',
        'Shares',
        'Done',
        'Proven',
        'Of done',
        'Verdict',
        'Votes',
        'Paid',
        'Value',
      ],
      submissions.map((submission) => submissionRow(submission, round, name)),
      [2, 3, 4, 5, 8],
    )}
    ${listTable(round, name)} ${expected ? html`<p>Lists were due from ${expected}.</p>` : ''}
    ${distributionLists.length + auditVotes.length === 0 ? html`<p>No list, no vote.</p>` : ''}
  </details>`;
}

function submissionRow(
  submission: RoundReport['submissions'][number],
  { auditVotes, payouts }: RoundReport,
  name: (key: string) => string,
): (Html | string | number)[] {
  const { publicKey, value, valid, reason, workSource, shares } = submission;
  const { hashesDone, estimatedHashes } = submission;
  const [done, proven] = [Number(hashesDone ?? NaN), Number(estimatedHashes ?? NaN)];
  const figure = (hashes: number): string => (Number.isFinite(hashes) ? si(hashes) : '-');
  const votes = auditVotes.filter(({ candidate }) => candidate === publicKey);
  const paid = payouts[publicKey] ?? 0;
  return [
    name(publicKey),
    typeof workSource === 'string' ? workSource : '-',
    typeof shares === 'number' ? shares : '-',
    figure(done),
    figure(proven),
    done > 0 ? `${Math.round((100 * proven) / done)} %` : '-',
    valid === undefined
      ? 'not looked at'
      : valid === true
        ? html`<span class="good">valid</span>`
        : html`<span class="bad">invalid: ${String(reason)}</span>`,
    votesText(votes, name),
    html`<span class="${paid < 0 ? 'bad' : ''}">${signed(paid)}</span>`,
    html`<details>
      <summary>${si(value.length)} characters</summary>
      <code>${value}</code>
    </details>`,
  ];
}

function listTable(
  { distributionLists }: RoundReport,
  name: (key: string) => string,
): Html | string {
  if (distributionLists.length === 0) return '';
  return table(
    ['List by', 'In round', 'Outcome', 'Votes', 'Amounts'],
    distributionLists.map(({ madeBy, submittedInRound, outcome, amounts, auditVotes }) => [
      name(madeBy),
      submittedInRound,
      html`<span class="${outcome === 'accepted' ? 'good' : outcome === 'voted out' ? 'bad' : ''}"
        >${outcome}</span
      >`,
      votesText(auditVotes, name),
      html`<div class="text">
        ${Object.entries(amounts)
          .map(([key, amount]) => `${name(key)} ${signed(amount)}`)
          .join(', ')}
      </div>`,
    ]),
    [1],
  );
}

function votesText(votes: RoundReport['auditVotes'], name: (key: string) => string): string {
  if (votes.length === 0) return 'none';
  const side = (isValid: boolean): string =>
    votes
      .filter((vote) => vote.isValid === isValid)
      .map(({ voter }) => name(voter))
      .join(', ');
  const [good, bad] = [side(true), side(false)];
  return [good && `for: ${good}`, bad && `against: ${bad}`].filter(Boolean).join('; ');
}

function namesOf({ nodes }: RunReport): (publicKey: string) => string {
  const names = new Map(nodes.map(({ publicKey, name }) => [publicKey, name]));
  return (publicKey) => names.get(publicKey) ?? shortKey(publicKey);
}

/** An amount in tokens, with a minus sign where it was taken. */
export function signed(roe: number): string {
  return roe < 0 ? `−${tokens(-roe)}` : tokens(roe);
}
