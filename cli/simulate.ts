import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import { join, resolve } from 'node:path';
import {
  Faults,
  freePorts,
  readTaskConfig,
  startNetwork,
  type NetworkEvent,
  type RunReport,
  type TaskConfig,
} from '../simulator';
import { count, duration } from '../src/format';
import { SETTING_NAMES } from '../src/settings/schema';
import { reasonOf } from './reason';
import { dashboardIn } from './simulate/addresses';
import { AuditCounts } from './simulate/audits';
import { bundle } from './simulate/bundle';
import { renderCheaters } from './simulate/cheater-table';
import { buildCheaters, planNodes, type PlannedNode } from './simulate/cheaters';
import { closing, explain } from './simulate/closing';
import { Display } from './simulate/display';
import { judgeUnderFaults } from './simulate/fault-run';
import { miningInspector, miningSummary } from './simulate/inspector';
import { judge } from './simulate/judge';
import { openWhenUp } from './simulate/open';
import { parseOptions, type SimulateOptions } from './simulate/options';
import { requireReadable, requireWritable, successivePorts } from './simulate/preflight';
import { renderPage } from './simulate/report-page';
import { renderSynthetic, runSynthetic } from './simulate/synthetic';
import { renderReport } from './simulate/tables';

const EXIT_INTERRUPTED = 130;

type Outcome = Pick<RunReport, 'succeeded' | 'failures' | 'interrupted'>;

/** The user ended it before there was anything to tell of. */
class Interrupted extends Error {
  override readonly message = 'interrupted before the network was started';
}

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

async function simulate(
  options: SimulateOptions,
  config: TaskConfig,
  directory: string,
  signal: AbortSignal,
): Promise<RunReport> {
  const { rounds, roundSeconds, task, cheaters, mining } = options;
  const plan = planNodes(options.nodes, cheaters, config.minimumStake);
  const nodes = plan.length;
  const seed = options.seed ?? randomBytes(8).toString('hex');
  const names = variableNames(options, config);
  const inspector = mining ? miningInspector : undefined;
  const apiPorts = await portsOf(options, plan, names);
  const title = `${config.taskName}: ${count(nodes, 'node')}, ${roundsOf(options)}, seed ${seed}`;
  const display = new Display(title, rounds, inspector);
  await build(options, signal);
  const executables = await buildCheaters(cheaters, directory, signal);
  introduce(options, config, title, display);

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
    onEvent: (event) => {
      display.note(event);
      if (mining) showDashboard(event, display, options.open, signal);
    },
  });
  display.start(network);
  faults?.start(network);
  const audits = mining ? new AuditCounts() : undefined;
  audits?.start(network.nodes);
  const outcome = await network.finished.finally(() => {
    display.stop();
    audits?.stop();
  });
  const judged = audits && judge(audits.addTo(outcome, network.nodes), plan);
  const report = faults ? judgeUnderFaults(judged ?? outcome, plan, faults) : (judged ?? outcome);

  if (signal.aborted) console.log(interruptionOf(report, rounds));
  console.log(renderReport(report, mining ? miningSummary : []));
  if (judged) console.log(explain(judged).join('\n'));
  if (faults) console.log(`Faults: ${faults.summary()}`);
  if (judged && cheaters.length > 0) console.log(renderCheaters(judged.cheaters, judged.cost));
  if (mining && report.succeeded && !report.interrupted) {
    console.log(closing(report, rounds).join('\n'));
  }
  if (options.json !== undefined) {
    writeFileSync(options.json, `${JSON.stringify(report, null, 2)}\n`);
  }
  if (options.report !== undefined) writeFileSync(options.report, renderPage(report));
  return report;
}

/** Builds this repository's task where that is asked for. Throws Interrupted where its user had enough. */
async function build({ build: isAsked }: SimulateOptions, signal: AbortSignal): Promise<void> {
  if (!isAsked) return;
  const startedAt = performance.now();
  console.log('Building the task');
  try {
    const made = await bundle([], signal);
    console.log(`  ${made}, in ${duration(performance.now() - startedAt)}`);
  } catch (error) {
    throw signal.aborted ? new Interrupted() : error;
  }
}

async function portsOf(
  { apiPort }: SimulateOptions,
  plan: readonly PlannedNode[],
  names: readonly string[],
): Promise<number[]> {
  if (apiPort === undefined) return freePorts(plan.length);
  if (!names.includes('API_PORT')) {
    throw new Error(
      `--api-port ${apiPort}: the task would not be told, its deployment declares no API_PORT`,
    );
  }
  const host = process.env['API_HOST'] || '127.0.0.1';
  return successivePorts(
    apiPort,
    plan.map(({ name }) => name),
    host,
  );
}

/** "3 rounds of 9 s" */
function roundsOf({ rounds, roundSeconds }: SimulateOptions): string {
  return `${rounds === 0 ? 'rounds' : count(rounds, 'round')} of ${roundSeconds} s`;
}

/** What is going to happen, before it does. */
function introduce(
  options: SimulateOptions,
  config: TaskConfig,
  title: string,
  display: Display,
): void {
  const { rounds, roundSeconds } = options;
  display.tell(title);
  if (rounds === 0) return;
  const { roundTime, submissionWindow, auditWindow } = config;
  const inRounds = rounds + 1 + (submissionWindow + auditWindow) / roundTime;
  const work = rounds === 1 ? 'Nodes work in round 0' : `Nodes work in rounds 0 to ${rounds - 1}`;
  display.tell(
    `${work}; two more rounds follow, for the last audit and payout: ${duration(inRounds * roundSeconds * 1000)}.`,
  );
}

/** The first node's dashboard, once that says where it is. */
function showDashboard(
  event: NetworkEvent,
  display: Display,
  open: boolean,
  signal: AbortSignal,
): void {
  if (event.type !== 'notice' || event.node.index !== 0) return;
  const address = dashboardIn(event.notice.message);
  if (address === undefined) return;
  display.tell(`Dashboard of ${event.node.name}: ${address}`);
  if (open) void openWhenUp(address, signal);
}

function interruptionOf({ interruptedInRound }: RunReport, rounds: number): string {
  if (interruptedInRound === undefined) return 'Interrupted before round 0 began.';
  const asked =
    rounds === 0 ? '' : ` (${count(rounds, 'round')} of work, and two more, were asked for)`;
  return `Interrupted in round ${interruptedInRound}${asked}: what is shown is as far as it got.`;
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
  await build(options, signal);
  const report = await runSynthetic({
    task,
    config,
    roundSeconds,
    directory,
    signal,
    seed,
    submitters: synthetic,
    cache: syntheticCache,
    variables: (apiPort) => taskVariables(names, apiPort, {}),
    log: (line) => console.log(line),
  });
  if (signal.aborted) console.log('Interrupted: what is shown is as far as it got.');
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
  // A run without end is ended by Ctrl-C, as it should be.
  return report.interrupted && rounds > 0 ? EXIT_INTERRUPTED : 0;
}

main().then(
  (code) => (process.exitCode = code),
  (error: unknown) => {
    console.error(`simulate: ${(error as Error).message}`);
    process.exitCode = error instanceof Interrupted ? EXIT_INTERRUPTED : 1;
  },
);
