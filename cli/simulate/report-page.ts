import { createHash } from 'node:crypto';
import os from 'node:os';
import type { NodeReport, RunReport } from '../../simulator';
import { count, tokens } from '../../src/format';
import { auditsInWords } from './audits';
import { bitcoinSection, hasBitcoin, type WithBitcoin } from './bitcoin-report';
import type { CheaterReport } from './cheater-report';
import { explain, isMiningReport } from './closing';
import { costSentence, type Cost } from './cost';
import { html, Html, table } from './html';
import { colourOf, hashesChart, payoutChart } from './report-charts';
import { roundSection, signed } from './report-rounds';
import { STYLE } from './report-style';
import type { ShownReport } from './tables';

/**
 * Renders a run as one self-contained page: no script, no other file, no network access.
 * @param report what `--json` writes, with the cheaters if there were any
 */
export function renderPage(
  report: ShownReport & Partial<WithBitcoin> & { cheaters?: readonly CheaterReport[]; cost?: Cost },
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
        ${hasBitcoin(report) ? bitcoinSection(report) : ''}
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
