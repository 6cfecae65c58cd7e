import uPlot from 'uplot';
import { count, percent, ROE_PER_TOKEN, si, tokens } from '../../format';
import { along, axis, Chart, fromZero, numberAxis, timeAxis, type Picture } from './chart';
import { clock, colour } from './dom';
import { amountOf } from './earnings';
import type { Model } from './feed';

/** Between samples further apart than this there is a gap: nothing ran. */
const GAP_S = 25;
const MIN_SPAN_S = 20;
/** Rows of a table: more would be too many to read. */
const MAX_ROWS = 60;

type Column = (number | null)[];

/** The charts of the page, all drawn from the model. */
export function createCharts(): { show(model: Model): void; restyle(): void } {
  const charts: [Chart, (model: Model) => Picture][] = [
    [hashrateChart(), hashratePicture],
    [proofChart(), proofPicture],
    [findsChart(), findsPicture],
    [rewardsChart(), rewardsPicture],
  ];
  return {
    show: (model) => charts.forEach(([chart, picture]) => chart.show(picture(model))),
    restyle: () => charts.forEach(([chart]) => chart.restyle()),
  };
}

const timeScale: uPlot.Scale = { time: true, range: along(MIN_SPAN_S) };

/** Threads differ by their dashes; the accent colour is for the total alone. */
const DASHES = [[], [6, 3], [2, 3], [8, 3, 2, 3]];

function hashrateChart(): Chart {
  return new Chart({
    id: 'hashrate',
    nothing: 'No sample yet',
    columns: ['Time', 'Total, H/s', 'Each thread, H/s'],
    numbers: [1],
    legend: (threads) => [
      { mark: 'line', colour: colour('accent'), text: 'All threads' },
      ...(Number(threads) > 1
        ? [{ mark: 'dashed' as const, colour: colour('muted'), text: 'Each thread' }]
        : []),
    ],
    plot: (threads) => ({
      scales: { x: timeScale, y: fromZero },
      axes: [timeAxis(), numberAxis('H/s')],
      series: [
        {},
        {
          stroke: colour('accent'),
          width: 2,
          fill: colour('accent', 0.12),
          points: { show: false },
        },
        ...Array.from({ length: Number(threads) }, (_, thread) => ({
          stroke: colour('muted', 0.8),
          width: 1,
          dash: DASHES[thread % DASHES.length]!,
          points: { show: false },
        })),
      ],
    }),
  });
}

function hashratePicture({ samples, status }: Model): Picture {
  // A single thread's rate is the total.
  const threads =
    status!.threads.length > 1 ? samples.reduce((n, s) => Math.max(n, s.length - 6), 0) : 0;
  const columns: Column[] = Array.from({ length: 2 + threads }, () => []);
  samples.forEach((sample, i) => {
    const before = samples[i - 1];
    if (before && sample[0] - before[0] > GAP_S) {
      columns.forEach((column, c) => column.push(c === 0 ? before[0] + 1 : null));
    }
    columns[0]!.push(sample[0]);
    columns[1]!.push(sample[5] * 1000);
    for (let thread = 0; thread < threads; thread++) {
      const rate = sample[6 + thread];
      columns[2 + thread]!.push(rate === undefined ? null : rate * 1000);
    }
  });
  const rates = samples.map((sample) => sample[5] * 1000);
  const mean = rates.reduce((sum, rate) => sum + rate, 0) / Math.max(1, rates.length);
  return {
    data: columns as uPlot.AlignedData,
    shape: String(threads),
    caption:
      rates.length === 0
        ? 'Nothing was measured in the last hour.'
        : `Now ${si(status!.hashrateHps, 'H/s')}; in what is shown ${si(mean, 'H/s')} on average, ${si(Math.max(...rates), 'H/s')} at most.`,
    rows: everyNth(samples).map((sample) => [
      clock(sample[0] * 1000),
      si(sample[5] * 1000),
      sample
        .slice(6)
        .map((rate) => si(rate * 1000))
        .join(', '),
    ]),
  };
}

function proofChart(): Chart {
  return new Chart({
    id: 'proof',
    nothing: 'No round is being mined yet',
    columns: ['Time', 'Proven', 'Standard error', 'Done', 'Shares'],
    numbers: [1, 2, 3, 4],
    legend: () => [
      { mark: 'line', colour: colour('accent'), text: 'Proven' },
      { mark: 'area', colour: colour('accent', 0.2), text: 'Its standard error' },
      { mark: 'dashed', colour: colour('text'), text: "Done by this node's threads" },
    ],
    plot: () => ({
      scales: { x: timeScale, y: fromZero },
      axes: [timeAxis(), numberAxis('hashes')],
      series: [
        {},
        { width: 0, points: { show: false } },
        { width: 0, points: { show: false } },
        { stroke: colour('accent'), width: 2, points: { show: false } },
        { stroke: colour('text'), width: 1.5, dash: [5, 4], points: { show: false } },
      ],
      bands: [{ series: [2, 1], fill: colour('accent', 0.2) }],
    }),
  });
}

function proofPicture({ samples, status }: Model): Picture {
  const round = status!.round;
  const { k } = status!;
  const rows = round
    ? samples
        .filter((sample) => sample[1] === round.number)
        .map(([at, , done, proven, shares]) => ({ at, done, proven, shares }))
    : [];
  if (round) {
    const at = status!.now / 1000;
    if (!rows.length || rows[rows.length - 1]!.at < at) {
      rows.push({ at, done: round.hashesDone, proven: round.hashesProven, shares: round.shares });
    }
  }
  const error = (shares: number): number => 1 / Math.sqrt(shares < k ? shares : k - 2);
  const band = (sign: number): Column =>
    rows.map(({ proven, shares }) => (shares ? proven * (1 + sign * error(shares)) : null));
  return {
    data: [
      rows.map(({ at }) => at),
      band(-1).map((low) => (low === null ? null : Math.max(0, low))),
      band(1),
      rows.map(({ proven }) => proven),
      rows.map(({ done }) => done),
    ],
    shape: 'proof',
    caption: round ? proofInWords(round, k) : '',
    rows: everyNth(rows).map(({ at, proven, shares, done }) => [
      clock(at * 1000),
      si(proven),
      shares ? `± ${percent(error(shares))}` : '–',
      si(done),
      String(shares),
    ]),
  };
}

function proofInWords(
  {
    shares,
    relativeError,
    hashesDone,
    hashesProven,
  }: NonNullable<NonNullable<Model['status']>['round']>,
  k: number,
): string {
  if (relativeError === null) return `No share yet; a full proof has ${k}.`;
  const low = hashesProven * Math.max(0, 1 - relativeError);
  const high = hashesProven * (1 + relativeError);
  const ratio =
    hashesDone > 0
      ? `, ${percent(hashesProven / hashesDone)} of the ${si(hashesDone)} done here`
      : '';
  return `${shares} of ${k} shares prove ${si(hashesProven)} hashes, ± ${percent(relativeError)} (${si(low)} to ${si(high)})${ratio}. Chance moves it both ways; over rounds it evens out.`;
}

function findsChart(): Chart {
  const dots = (stroke: string, fill: string, size: number): uPlot.Series => ({
    paths: () => null,
    points: { show: true, size, stroke, fill, width: 1.5 },
  });
  return new Chart({
    id: 'finds',
    nothing: 'No share was found in this round yet',
    columns: ['Found', 'Worker', 'Difficulty', 'In the proof'],
    numbers: [2],
    legend: (k) => [
      { mark: 'dot', colour: colour('accent'), text: `The ${k} best: the proof` },
      { mark: 'ring', colour: colour('muted', 0.7), text: 'Others' },
    ],
    plot: () => ({
      scales: { x: timeScale, y: { distr: 3 } },
      axes: [timeAxis(), powersAxis()],
      series: [
        {},
        dots(colour('muted', 0.7), colour('card'), 6),
        dots(colour('accent'), colour('accent'), 8),
      ],
    }),
  });
}

function findsPicture({ finds, findsRound, status }: Model): Picture {
  const round = status!.round;
  const isCurrent = round?.number === findsRound;
  const shown = isCurrent ? finds : [];
  const held = [...shown].sort(([, a], [, b]) => b - a).slice(0, round?.shares ?? 0);
  const best = new Set(held);
  return {
    data: [
      shown.map(([at]) => at / 1000),
      shown.map((find) => (best.has(find) ? null : find[1])),
      shown.map((find) => (best.has(find) ? find[1] : null)),
    ],
    shape: String(status!.k),
    caption:
      held.length > 0
        ? `${count(held.length, 'share')} in the proof; the best has difficulty ${si(round!.bestDifficulty)}, a new one needs ${si(round!.entryDifficulty)} to enter.`
        : 'No share yet.',
    rows: [...shown]
      .reverse()
      .slice(0, MAX_ROWS)
      .map((find) => [clock(find[0]), find[2], si(find[1]), best.has(find) ? 'yes' : 'no']),
  };
}

/** On a logarithmic scale the lines between the powers of ten say little. */
function powersAxis(): uPlot.Axis {
  const filter: uPlot.Axis.Filter = (_, splits) =>
    splits.map((value) => (Math.abs(Math.log10(value) % 1) < 1e-6 ? value : null));
  return numberAxis('difficulty', { filter, grid: { stroke: colour('line'), width: 1, filter } });
}

/** The axis has room for this many bars, so that a few of them stand on the left. */
const MIN_BARS = 12;

function rewardsChart(): Chart {
  return new Chart({
    id: 'rewards',
    nothing: 'No round was paid out yet',
    columns: ['Round', 'Reward, tokens', 'Valid proofs', 'Payout'],
    numbers: [0, 1, 2],
    legend: () => [],
    plot: () => ({
      scales: {
        x: { time: false, range: along(MIN_BARS - 1, 0.6) },
        y: { range: (_, min, max) => [Math.min(0, min * 1.1), max > 0 ? max * 1.1 : 1] },
      },
      axes: [
        axis('round', { incrs: [1, 2, 5, 10, 20, 50], grid: { show: false } }),
        numberAxis('tokens'),
      ],
      series: [
        {},
        {
          paths: uPlot.paths.bars!({ size: [0.7, 40] }),
          fill: colour('accent'),
          width: 0,
          points: { show: false },
        },
      ],
    }),
  });
}

function rewardsPicture({ rewards }: Model): Picture {
  const total = rewards.reduce((sum, row) => sum + amountOf(row), 0);
  return {
    data: [rewards.map(({ round }) => round), rewards.map((row) => amountOf(row) / ROE_PER_TOKEN)],
    shape: 'rewards',
    caption:
      rewards.length === 0
        ? "A round's reward is known two rounds later, when its distribution list is made."
        : `${tokens(total)} tokens in ${count(rewards.length, 'round')}: as paid, or as this node's own lists say.`,
    rows: [...rewards]
      .reverse()
      .map((row) => [
        String(row.round),
        tokens(amountOf(row)),
        `${row.valid} of ${row.proofs}`,
        row.outcome,
      ]),
  };
}

/** As many rows as a table has room for, evenly spread, newest first. */
function everyNth<T>(rows: readonly T[]): T[] {
  const step = Math.ceil(rows.length / MAX_ROWS);
  return [...rows].reverse().filter((_, i) => i % step === 0);
}
