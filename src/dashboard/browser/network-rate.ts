import uPlot from 'uplot';
import { count, si } from '../../format';
import type { NetworkAnswer } from '../update';
import { along, axis, Chart, fromZero, numberAxis, type Picture } from './chart';
import { clock, colour } from './dom';

const MIN_BARS = 8;

/** What all nodes together proved a second, round by round. */
export function networkRateChart(): Chart {
  return new Chart({
    id: 'network-rate',
    nothing: 'No round is known yet',
    columns: ['Round', 'Listed', 'H/s', 'Valid proofs'],
    numbers: [0, 2, 3],
    legend: () => [],
    plot: () => ({
      scales: { x: { time: false, range: along(MIN_BARS - 1, 0.6) }, y: fromZero },
      axes: [
        axis('round', { incrs: [1, 2, 5, 10, 20, 50], grid: { show: false } }),
        numberAxis('H/s'),
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

/** @param recent the newest round first */
export function networkRatePicture(recent: NetworkAnswer['recent']): Picture {
  const known = [...recent].reverse().filter(({ hash_rate }) => hash_rate !== null);
  const last = known.at(-1);
  return {
    data: [known.map(({ round_number }) => round_number), known.map(({ hash_rate }) => hash_rate)],
    shape: 'rate',
    caption: last
      ? `${si(last.hash_rate!, 'H/s')} in round ${last.round_number}, proven by ${count(last.valid, 'node')}.`
      : 'The rate of a round is known once its proofs are judged.',
    rows: recent.map(({ round_number, at, hash_rate, valid, proofs }) => [
      String(round_number),
      clock(Date.parse(at)),
      hash_rate === null ? '–' : si(hash_rate),
      `${valid} of ${proofs}`,
    ]),
  };
}
