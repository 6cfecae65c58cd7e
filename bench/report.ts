import Table from 'cli-table3';
import { REFERENCE } from './contenders';
import type { Measurement } from './sampling';

/** The results as `--json` prints them. */
export function toJson(measurements: readonly Measurement[]): string {
  const results = measurements.map(({ backend, threads, rateMHps }) => ({
    backend,
    threads,
    medianMHps: rateMHps.median,
    minMHps: rateMHps.min,
    maxMHps: rateMHps.max,
  }));
  return JSON.stringify({ results });
}

/** The results as a table; the last figure compares the rate of one thread with node:crypto's. */
export function toTable(measurements: readonly Measurement[]): string {
  const reference = measurements.find(
    ({ backend, threads }) => backend === REFERENCE && threads === 1,
  );
  const table = new Table({
    head: ['backend', 'threads', 'MH/s', 'min', 'max', `x ${REFERENCE}`, 'variant'],
    colAligns: ['left', 'right', 'right', 'right', 'right', 'right', 'left'],
    style: { head: [], border: [], compact: true },
  });
  for (const { backend, variant, threads, rateMHps } of measurements) {
    const { median, min, max } = rateMHps;
    const ratio = reference ? (median / threads / reference.rateMHps.median).toFixed(1) : '-';
    table.push([backend, threads, ...[median, min, max].map((r) => r.toFixed(2)), ratio, variant]);
  }
  return table.toString();
}
