import { randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import Table from 'cli-table3';
import { Command, InvalidArgumentError } from 'commander';
import { Faults, startNetwork, type SimulatedNode } from '../simulator';
import { brokenByFaults } from './simulate/fault-run';
import { flatness, MEASURES } from './soak/flatness';
import { soakHostile } from './soak/hostile';
import { sampleOf, type Sample } from './soak/samples';
import { soakNetworkOptions } from './soak/network-options';

const SAMPLE_MS = 2500;
const TELL_EVERY = 12;
/** Its process lives through the whole run, with a failing RPC: memory is measured here. */
const SPARED = 0;

interface SoakOptions {
  hostile?: true;
  minutes?: number;
  nodes?: number;
  roundSeconds: number;
  maxWaitMs: number;
  seed: string;
}

function parseOptions(argv: string[]): SoakOptions {
  return new Command('soak')
    .description('Runs a network with faults and checks that what its processes hold stays flat.')
    .option('--hostile', 'attack the first node instead, as strangers would')
    .option('--minutes <count>', 'how long (default: 20, with --hostile 10)', positive)
    .option('--nodes <count>', 'nodes (default: 3, with --hostile 2)', positive)
    .option('--round-seconds <seconds>', 'how long a round takes', positive, 10)
    .option('--max-wait-ms <ms>', 'with --hostile: what others may wait', positive, 250)
    .option('--seed <text>', 'of the faults', randomBytes(4).toString('hex'))
    .parse(argv)
    .opts<SoakOptions>();
}

function positive(text: string): number {
  const value = Number(text);
  if (Number.isFinite(value) && value > 0) return value;
  throw new InvalidArgumentError('Expected a number above 0.');
}

async function main(): Promise<string[]> {
  const { hostile, minutes, nodes, ...options } = parseOptions(process.argv);
  if (!existsSync('/proc/self/fd')) throw new Error('soak reads /proc, which only Linux has');
  const { signal } = interruption();
  return hostile
    ? soakHostile({ minutes: minutes ?? 10, nodes: nodes ?? 2, ...options }, signal)
    : soakFaults({ minutes: minutes ?? 20, nodes: nodes ?? 3, ...options }, signal);
}

/** Ctrl-C ends the run early; what was measured until then is judged. */
function interruption(): AbortController {
  const interruption = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => interruption.abort());
  }
  return interruption;
}

async function soakFaults(
  options: Required<Omit<SoakOptions, 'hostile'>>,
  signal: AbortSignal,
): Promise<string[]> {
  const { minutes, nodes, roundSeconds, seed } = options;
  const directory = mkdtempSync(path.join(os.tmpdir(), 'soak-'));
  const faults = new Faults({ seed, roundSeconds, spared: new Set([SPARED]) });
  console.log(`${nodes} nodes, rounds of ${roundSeconds} s, ${minutes} minutes, seed ${seed}`);
  const network = await startNetwork({
    ...(await soakNetworkOptions({ nodes, roundSeconds, seed, directory })),
    changeMethods: faults.changeMethods,
  });
  faults.start(network);

  const samples = new Map<SimulatedNode, Sample[]>(network.nodes.map((node) => [node, []]));
  await collect(samples, minutes, signal);
  await network.stop();
  const report = await network.finished;
  const failures = [
    ...brokenByFaults(
      report,
      new Set(report.nodes.map(({ publicKey }) => publicKey)),
      faults.hadWrongView,
    ),
    ...judge(samples),
  ];
  console.log(`${report.rounds.length} rounds; faults: ${faults.summary()}`);
  if (failures.length === 0) rmSync(directory, { recursive: true, force: true });
  else console.log(`The nodes' files and logs are in ${directory}`);
  return failures;
}

/** Takes samples until the time is over or the signal aborts. */
async function collect(
  samples: Map<SimulatedNode, Sample[]>,
  minutes: number,
  signal: AbortSignal,
): Promise<void> {
  const startedAt = performance.now();
  for (let n = 1; ; n++) {
    const atMin = (performance.now() - startedAt) / 60_000;
    if (atMin >= minutes || signal.aborted) return;
    for (const [node, of] of samples) {
      const sample = sampleOf(node, atMin);
      if (sample) of.push(sample);
    }
    if (n % TELL_EVERY === 0) {
      const memory = [...samples.values()].map((of) => `${of.at(-1)?.residentMB.toFixed(0)} MB`);
      console.log(`  ${atMin.toFixed(1)} min: ${memory.join(', ')}`);
    }
    await sleep(SAMPLE_MS, undefined, { signal }).catch(() => undefined);
  }
}

/** Prints the measurements. @returns a sentence for each measure that did not stay flat */
function judge(samples: ReadonlyMap<SimulatedNode, readonly Sample[]>): string[] {
  const table = new Table({
    head: ['Node', 'Measure', 'First half', 'Second half', 'Most', 'A minute', 'Flat'],
    colAligns: ['left', 'left', 'right', 'right', 'right', 'right', 'left'],
    style: { head: [], border: [], compact: true },
  });
  const failures: string[] = [];
  for (const [node, of] of samples) {
    // Processes that come and go are too young for a leak to show.
    const measures = MEASURES.filter((name) => name !== 'residentMB' || node.index === SPARED);
    for (const measure of measures) {
      const { from, to, most, perMinute, isFlat } = flatness(of, measure);
      const numbers = [from, to, most, perMinute].map((value) => value.toFixed(1));
      table.push([node.name, measure, ...numbers, isFlat ? 'yes' : 'NO']);
      if (!isFlat)
        failures.push(
          `${node.name}: ${measure} went from ${numbers[0]} to ${numbers[1]}, at most ${numbers[2]}`,
        );
    }
  }
  console.log(table.toString());
  return failures;
}

main().then(
  (failures) => {
    for (const failure of failures) console.error(`soak: ${failure}`);
    process.exitCode = failures.length === 0 ? 0 : 1;
  },
  (error: unknown) => {
    console.error(`soak: ${(error as Error).message}`);
    process.exitCode = 1;
  },
);
