import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import { join, resolve } from 'node:path';

import {
  Faults,
  freePorts,
  readTaskConfig,
  startNetwork,
  type RunReport,
  type SimulatedNode,
  type TaskConfig,
} from '../simulator/index';
import { addressWithToken, CONTROL_TOKEN_FILE, openControlToken } from '../src/http/control-token';
import { count } from '../src/format';
import { createLog } from '../src/log';
import { SETTING_NAMES } from '../src/settings/schema';
import { renderCheaters } from './simulate/cheater-table';
import { buildCheaters, planNodes, type PlannedNode } from './simulate/cheaters';
import { Display } from './simulate/display';
import { judgeUnderFaults } from './simulate/fault-run';
import { miningInspector, miningSummary } from './simulate/inspector';
import { judge } from './simulate/judge';
import { openWhenUp } from './simulate/open';
import { parseOptions, type SimulateOptions } from './simulate/options';
import { renderPage } from './simulate/report-page';
import { renderSynthetic, runSynthetic } from './simulate/synthetic';
import { renderReport } from './simulate/tables';

const EXIT_INTERRUPTED = 130;

type Outcome = Pick<RunReport, 'succeeded' | 'failures' | 'interrupted'>;

async function main(): Promise<number> {
  const options = parseOptions(process.argv);
  const config = readTaskConfig(options.config);
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
    const isClean = report?.succeeded === true && options.keep === undefined;
    if (isClean) rmSync(directory, { recursive: true, force: true });
    else console.log(`The nodes' files and logs (task.log) are in ${directory}`);
  }
  return exitCode(report, options);
}

async function simulate(
  options: SimulateOptions,
  config: TaskConfig,
  directory: string,
  signal: AbortSignal,
): Promise<RunReport> {
  const { rounds, roundSeconds, task, apiPort, cheaters } = options;
  const plan = planNodes(options.nodes, cheaters, config.minimumStake);
  const nodes = plan.length;
  const seed = options.seed ?? randomBytes(8).toString('hex');
  const names = variableNames(options, config);
  const inspector = options.mining ? miningInspector : undefined;
  const apiPorts =
    apiPort === undefined
      ? await freePorts(nodes)
      : Array.from({ length: nodes }, (_, index) => apiPort + index);
  const length = `${rounds === 0 ? 'rounds' : count(rounds, 'round')} of ${roundSeconds} s`;
  const display = new Display(
    `${config.taskName}: ${count(nodes, 'node')}, ${length}, seed ${seed}`,
    rounds,
    inspector,
  );

  const executables = await buildCheaters(cheaters, directory);
  const faults = options.faults ? new Faults({ seed, roundSeconds }) : undefined;
  const network = await startNetwork({
    task: (index) => executables.get(plan[index]!.kind) ?? task,
    name: (index) => plan[index]!.name,
    stake: (index) => plan[index]!.stake,
    modified: (index) => plan[index]!.modified,
    extraKeys: (index) => plan[index]!.extraKeys,
    config,
    nodes,
    rounds,
    roundSeconds,
    seed,
    directory,
    signal,
    ledger: options.ledger,
    env: (index) => taskVariables(names, apiPorts[index]!, plan[index]!.variables),
    ...(inspector && { inspector }),
    ...(faults && { changeMethods: faults.changeMethods }),
    onEvent: (event) => display.note(event),
  });
  if (options.mining) {
    const dashboard = await dashboardOf(network.nodes[0]!, apiPorts[0]!);
    console.log(`Dashboard of ${plan[0]!.name}: ${dashboard}`);
    if (options.open) void openWhenUp(dashboard, signal);
  }
  display.start(network);
  faults?.start(network);
  const outcome = await network.finished.finally(() => display.stop());
  const judged = options.mining ? judge(outcome, plan) : undefined;
  const report = faults ? judgeUnderFaults(judged ?? outcome, plan, faults) : (judged ?? outcome);

  console.log(renderReport(report, options.mining ? miningSummary : []));
  if (faults) console.log(`Faults: ${faults.summary()}`);
  if (judged && cheaters.length > 0) console.log(renderCheaters(judged.cheaters, judged.cost));
  if (options.json !== undefined) {
    writeFileSync(options.json, `${JSON.stringify(report, null, 2)}\n`);
  }
  if (options.report !== undefined) writeFileSync(options.report, renderPage(report));
  return report;
}

/** With the token of its controls: made here where its task, which is starting, has not made it yet. */
async function dashboardOf({ storePath }: SimulatedNode, apiPort: number): Promise<string> {
  const file = `${storePath}${CONTROL_TOKEN_FILE}`;
  const token = await openControlToken(() => file, createLog('warn'));
  return addressWithToken('127.0.0.1', apiPort, token)!;
}

/** One real node and many submitters that are no processes. */
async function simulateSynthetic(
  options: SimulateOptions,
  config: TaskConfig,
  directory: string,
  signal: AbortSignal,
): Promise<Outcome> {
  const { synthetic = 0, syntheticCache, seed = 'synthetic', task, roundSeconds, json } = options;
  const names = variableNames(options, config);
  const report = await runSynthetic({
    ...{ task, config, roundSeconds, directory, signal, seed },
    submitters: synthetic,
    cache: syntheticCache,
    variables: (apiPort) => taskVariables(names, apiPort, {}),
    log: (line) => console.log(line),
  });
  console.log(renderSynthetic(report));
  if (json !== undefined) writeFileSync(json, `${JSON.stringify(report, null, 2)}\n`);
  return report;
}

/** The variables that reach the processes: what the deployment declares, and all that this repository's task reads. */
function variableNames({ mining }: SimulateOptions, config: TaskConfig): readonly string[] {
  return mining ? [...SETTING_NAMES, ...config.variables] : config.variables;
}

/** Variables as this shell has them; each node has an API of its own, and one thread unless told otherwise. */
function taskVariables(
  names: readonly string[],
  apiPort: number,
  variables: PlannedNode['variables'],
): Record<string, string> {
  const wanted: NodeJS.ProcessEnv = {
    MINING_THREADS: '1',
    API_HOST: '127.0.0.1',
    ...process.env,
    ...variables,
    API_PORT: String(apiPort),
  };
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = wanted[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );
}

function runDirectory(keep: string | undefined): string {
  if (keep === undefined) return mkdtempSync(join(os.tmpdir(), 'koii-simulation-'));
  const directory = resolve(keep);
  mkdirSync(directory, { recursive: true });
  if (readdirSync(directory).length > 0) {
    throw new Error(`--keep ${keep}: expected an empty directory, tasks would find an earlier run`);
  }
  return directory;
}

function exitCode(report: Outcome, { rounds }: SimulateOptions): number {
  if (report.failures.length > 0) {
    console.error(['The run failed:', ...report.failures.map((text) => `  ${text}`)].join('\n'));
    return 1;
  }
  // A run without end is ended by Ctrl-C, as it should be.
  return report.interrupted && rounds > 0 ? EXIT_INTERRUPTED : 0;
}

main().then(
  (code) => (process.exitCode = code),
  (error: unknown) => {
    console.error(`simulate: ${(error as Error).message}`);
    process.exitCode = 1;
  },
);
