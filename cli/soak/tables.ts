import Table from 'cli-table3';
import type { Tallies } from './attacker';
import type { Finding } from './verdict';

/** Prints how the requests of each attack ended. */
export function showAttacks(tallies: Tallies): void {
  const rows = table(['Attack', 'Requests', 'How they ended']);
  for (const [name, tally] of Object.entries(tallies)) {
    const outcomes = Object.entries(tally).sort(([, a], [, b]) => b - a);
    const sent = outcomes.reduce((sum, [, times]) => sum + times, 0);
    rows.push([name, sent, outcomes.map(([how, times]) => `${how}: ${times}`).join(', ')]);
  }
  console.log(rows.toString());
}

/** Prints the measurements beside their bounds. */
export function showFindings(findings: readonly Finding[]): void {
  const rows = table(['Measure', 'Found', 'Asked', 'OK']);
  for (const { measure, found, bound, isOk } of findings) {
    rows.push([measure, found, bound, bound === '' ? '' : isOk ? 'yes' : 'NO']);
  }
  console.log(rows.toString());
}

function table(head: string[]): Table.Table {
  return new Table({ head, style: { head: [], border: [], compact: true } });
}
