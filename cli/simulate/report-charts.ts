import type { RunReport } from '../../simulator';
import { si, tokens } from '../../src/format';
import { html, type Html } from './html';

const WIDTH = 720;
const LABEL = 110;
const ROW = 26;
const BAR = 18;
/** The right edge leaves room for the figures. */
const FIGURES = 150;

/** Colours for the nodes, as far apart as possible and legible on light and dark pages. */
export function colourOf(index: number, nodes: number): string {
  return `hsl(${Math.round((210 + (360 * index) / Math.max(1, nodes)) % 360)} 60% 52%)`;
}

/** Who was paid what in each round, as bars; the tables say the same. */
export function payoutChart({ rounds, nodes }: RunReport): Html {
  const paidOf = (round: RunReport['rounds'][number]): number =>
    Object.values(round.payouts).reduce((sum, amount) => sum + Math.max(0, amount), 0);
  const most = Math.max(1, ...rounds.map(paidOf));
  const bars = rounds.map((round, row) => {
    let x = LABEL;
    const y = row * ROW;
    const parts = nodes.map(({ publicKey, name }, index) => {
      const amount = Math.max(0, round.payouts[publicKey] ?? 0);
      const width = ((WIDTH - LABEL - FIGURES) * amount) / most;
      const part = html`<rect
        x="${x}"
        y="${y}"
        width="${width}"
        height="${BAR}"
        fill="${colourOf(index, nodes.length)}"
        ><title>${name}: ${tokens(amount)} tokens</title></rect
      >`;
      x += width;
      return part;
    });
    return html`<text x="0" y="${y + 14}">Round ${round.round}</text>${parts}<text
        x="${x + 8}"
        y="${y + 14}"
        >${tokens(paidOf(round))} tokens</text
      >`;
  });
  return chart('What each round paid to whom', rounds.length, bars);
}

/** Hashes done and proven by each node over the run. */
export function hashesChart({ rounds, nodes }: RunReport): Html {
  const sums = nodes.map(({ publicKey, name }) => {
    const own = rounds.flatMap(({ submissions }) =>
      submissions.filter((submission) => submission.publicKey === publicKey),
    );
    const sum = (field: string): number =>
      own.reduce((total, fields) => total + Number(fields[field] ?? 0), 0);
    return { name, done: sum('hashesDone'), proven: sum('estimatedHashes') };
  });
  const most = Math.max(1, ...sums.flatMap(({ done, proven }) => [done, proven]));
  const widthOf = (hashes: number): number => ((WIDTH - LABEL - FIGURES) * hashes) / most;
  const bars = sums.map(({ name, done, proven }, row) => {
    const y = row * ROW;
    const end = LABEL + Math.max(widthOf(done), widthOf(proven));
    return html`<text x="0" y="${y + 14}">${name}</text
      ><rect
        x="${LABEL}"
        y="${y}"
        width="${widthOf(done)}"
        height="${BAR / 2 - 1}"
        class="done"
      /><rect
        x="${LABEL}"
        y="${y + BAR / 2}"
        width="${widthOf(proven)}"
        height="${BAR / 2 - 1}"
        class="proven"
      /><text x="${end + 8}" y="${y + 14}">${si(done)} / ${si(proven)}</text>`;
  });
  return chart('Hashes done (grey) and proven (blue) by each node', sums.length, bars);
}

function chart(title: string, rows: number, bars: readonly Html[]): Html {
  const height = Math.max(1, rows) * ROW;
  return html`<figure>
    <figcaption>${title}</figcaption>
    <div class="scroll" tabindex="0">
      <svg
        viewBox="0 0 ${WIDTH} ${height}"
        role="img"
        aria-label="${title}; the tables say the same"
      >
        ${bars}
      </svg>
    </div>
  </figure>`;
}
