import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import os from 'node:os';
import { join, resolve } from 'node:path';
import { readTaskConfig, type RunReport } from '../simulator';
import { reasonOf } from './reason';
import { Interrupted } from './simulate/bundle';
import { parseOptions, type SimulateOptions } from './simulate/options';
import { requireReadable, requireWritable } from './simulate/before-run';
import { simulate } from './simulate/run-network';
import { simulateSynthetic } from './simulate/run-synthetic';

const EXIT_INTERRUPTED = 130;

type Outcome = Pick<RunReport, 'succeeded' | 'failures' | 'interrupted'>;

async function main(): Promise<number> {
  const options = parseOptions(process.argv);
  const config = readTaskConfig(options.config);
  if (options.json !== undefined) requireWritable('--json', options.json);
  if (options.report !== undefined) requireWritable('--report', options.report);
  if (!options.build) requireReadable('--task', options.task);
  const directory = runDirectory(options.keep);
  const interruption = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => interruption.abort());
  }

  let report: Outcome | undefined;
  try {
    const run = options.synthetic === undefined ? simulate : simulateSynthetic;
    report = await run(options, config, directory, interruption.signal);
  } finally {
    const isClean = report?.succeeded === true || readdirSync(directory).length === 0;
    if (isClean && options.keep === undefined) {
      rmSync(directory, { recursive: true, force: true });
    } else {
      console.log(`The nodes' files and logs (task.log) are in ${directory}`);
    }
  }
  return exitCode(report, options);
}

function runDirectory(keep: string | undefined): string {
  if (keep === undefined) return mkdtempSync(join(os.tmpdir(), 'koii-simulation-'));
  const directory = resolve(keep);
  let found: string[];
  try {
    mkdirSync(directory, { recursive: true });
    found = readdirSync(directory);
  } catch (error) {
    throw new Error(`--keep ${keep} can't be used: ${reasonOf(error)}`, { cause: error });
  }
  if (found.length > 0) {
    throw new Error(`--keep ${keep}: expected an empty directory, tasks would find an earlier run`);
  }
  return directory;
}

function exitCode(report: Outcome, options: SimulateOptions): number {
  const { rounds, roundSeconds, roundSecondsGiven } = options;
  if (report.failures.length > 0) {
    console.error(['The run failed:', ...report.failures.map((text) => `  ${text}`)].join('\n'));
    if (!roundSecondsGiven) {
      console.error(
        `Where the machine is too slow for rounds of ${roundSeconds} s: --round-seconds ${4 * roundSeconds}`,
      );
    }
    return 1;
  }
  // A run without an end is meant to be ended by Ctrl-C.
  return report.interrupted && rounds > 0 ? EXIT_INTERRUPTED : 0;
}

main().then(
  (code) => (process.exitCode = code),
  (error: unknown) => {
    console.error(`simulate: ${(error as Error).message}`);
    process.exitCode = error instanceof Interrupted ? EXIT_INTERRUPTED : 1;
  },
);
