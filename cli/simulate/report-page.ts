import { createHash } from 'node:crypto';
import os from 'node:os';
import type { NodeReport, RoundReport, RunReport } from '../../simulator';
import { count, shortKey, si, tokens } from '../../src/format';
import { auditsInWords } from './audits';
import type { CheaterReport } from './cheater-report';
import { explain, isMiningReport } from './closing';
import { costSentence, type Cost } from './cost';
import { html, Html, table } from './html';
import { colourOf, hashesChart, payoutChart } from './report-charts';
import { STYLE } from './report-style';
import type { ShownReport } from './tables';

/**
 * A run as one page that stands alone: no script, no other file, nothing asked of a network.
 * @param report what `--json` writes, with the cheaters where there were any
 */
export function renderPage(
  report: ShownReport & { cheaters?: readonly CheaterReport[]; cost?: Cost },
): string {
  const styleHash = createHash('sha256').update(STYLE).digest('base64');
  const { cheaters = [], cost, taskName, nodes, rounds } = report;
  const title = `${taskName}: ${count(nodes.length, 'node')}, ${count(rounds.length, 'round')}`;
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta
          http-equiv="Content-Security-Policy"
          content="default-src 'none'; style-src 'sha256-${styleHash}'"
        />
        <title>${title}</title>
        ${new Html(`<style>${STYLE}</style>`)}
      </head>
      <body>
        <h1>${title}</h1>
        ${verdict(report)} ${facts(report)}
        <h2>Nodes</h2>
        ${nodeTable(report)}
        ${isMiningReport(report) ? explain(report).map((text) => html`<p>${text}</p>`) : ''}
        ${noticeSection(report)} ${hashesChart(report)} ${payoutChart(report)}
        ${cheaters.length === 0 ? '' : cheaterSection(cheaters)}
        ${cheaters.length > 0 && cost ? html`<p>${costSentence(cost)}</p>` : ''}
        <h2>Rounds</h2>
        ${rounds.map((round) => roundSection(round, report))}
        <h2>All of it</h2>
        <details>
          <summary>The run as JSON</summary>
          <pre tabindex="0">${JSON.stringify(report, null, 2)}</pre>
        </details>
      </body>
    </html>`.text;
}

function verdict({ succeeded, interrupted, interruptedInRound, failures }: RunReport): Html {
  if (failures.length > 0) {
    return html`<div class="verdict bad">
      <strong>The run failed</strong>
      <ul>
        ${failures.map((text) => html`<li>${text}</li>`)}
      </ul>
    </div>`;
  }
  const when = interruptedInRound === undefined ? '' : `, in round ${interruptedInRound}`;
  const text = interrupted ? `Interrupted${when}; until then all went well` : 'All went well';
  return html`<p class="verdict ${succeeded ? 'good' : 'bad'}"><strong>${text}</strong></p>`;
}

function facts({ taskId, roundSeconds, bountyPerRound }: RunReport): Html {
  const pairs: [string, string][] = [
    ['Task id', taskId],
    ['A round', `${roundSeconds} s, ${tokens(bountyPerRound)} tokens`],
    [
      'Made',
      `${new Date().toISOString()}, Node ${process.versions.node}, ${os.type()} ${os.arch()}`,
    ],
  ];
  return html`<dl>
    ${pairs.map(
      ([term, text]) =>
        html`<dt>${term}</dt>
          <dd>${text}</dd>`,
    )}
  </dl>`;
}

function nodeTable(report: ShownReport): Html {
  const { nodes, rounds } = report;
  const showsAudits = isMiningReport(report);
  return table(
    [
      'Node',
      'Key',
      'Proofs',
      'Votes for',
      'Against',
      'Reward in tokens',
      'Stake',
      'Refused calls',
      'Ended',
      ...(showsAudits ? ['Audits by it'] : []),
    ],
    nodes.map((node, index) => {
      const votes = rounds.flatMap(({ auditVotes }) =>
        auditVotes.filter(({ candidate }) => candidate === node.publicKey),
      );
      const good = votes.filter(({ isValid }) => isValid).length;
      const proofs = rounds.filter(({ submissions }) =>
        submissions.some(({ publicKey }) => publicKey === node.publicKey),
      ).length;
      const stake = node.stakeAfter - node.stakeBefore;
      return [
        html`<svg class="swatch" viewBox="0 0 10 10" aria-hidden="true">
            <rect width="10" height="10" fill="${colourOf(index, nodes.length)}" /></svg
          >${node.name}`,
        html`<code class="key">${node.publicKey}</code>`,
        proofs,
        good,
        votes.length - good,
        tokens(node.balance),
        stake === 0 ? 'unchanged' : html`<span class="bad">${signed(stake)}</span>`,
        node.refusals.length,
        endOf(node),
        ...(showsAudits ? [auditsInWords(node.audits ?? null).join(', ')] : []),
      ];
    }),
    [2, 3, 4, 5, 6, 7],
  );
}

function noticeSection({ nodes }: RunReport): Html | string {
  const rows = nodes.flatMap(({ name, notices }) =>
    notices.map(({ round, level, message, action }) => [
      name,
      round,
      html`<span class="${level === 'error' ? 'bad' : ''}">${level}</span>`,
      html`<div class="text">${message}</div>`,
      action,
    ]),
  );
  if (rows.length === 0) return '';
  return html`<details open>
    <summary>${count(rows.length, 'notice')} to the owners</summary>
    ${table(['Node', 'Round', 'Level', 'Message', 'Action'], rows, [1])}
  </details>`;
}

function endOf({ exits }: NodeReport): string {
  return exits
    .map(({ requested, code, signal, round }) =>
      requested ? 'by the simulator' : `${signal ?? `exit code ${code}`} in round ${round}`,
    )
    .join(', ');
}

function roundSection(round: RoundReport, report: RunReport): Html {
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

function cheaterSection(cheaters: readonly CheaterReport[]): Html {
  return html`<h2>Cheaters</h2>
    ${table(
      [
        'Node',
        'Lie',
        'Proofs valid',
        'False votes',
        'Wrong lists',
        'Refused',
        'Earned',
        'Due',
        'Lost',
        'Pay per hash',
      ],
      cheaters.map((cheater) => [
        cheater.name,
        cheater.lie,
        `${cheater.submissions.filter(({ valid }) => valid).length} of ${cheater.submissions.length}`,
        `${cheater.falseVotes.length}, ${cheater.falseVotes.filter(({ prevailed }) => prevailed).length} prevailed`,
        `${cheater.dishonestLists.length}, ${cheater.dishonestLists.filter(({ outcome }) => outcome === 'accepted').length} accepted`,
        cheater.refusals.length,
        tokens(cheater.earned),
        tokens(cheater.due),
        tokens(cheater.lost),
        cheater.relativePay === null
          ? '-'
          : `${Math.round(100 * cheater.relativePay)} % of an honest node's`,
      ]),
      [2, 3, 4, 5, 6, 7, 8, 9],
    )}`;
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

function signed(roe: number): string {
  return roe < 0 ? `−${tokens(-roe)}` : tokens(roe);
}

function namesOf({ nodes }: RunReport): (publicKey: string) => string {
  const names = new Map(nodes.map(({ publicKey, name }) => [publicKey, name]));
  return (publicKey) => names.get(publicKey) ?? shortKey(publicKey);
}
