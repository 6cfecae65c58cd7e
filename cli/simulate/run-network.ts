import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import {
  Faults,
  startNetwork,
  type Inspector,
  type NetworkEvent,
  type RunReport,
  type TaskConfig,
} from '../../simulator';
import { proofRules } from '../../src/consensus';
import { count, duration } from '../../src/format';
import { AuditCounts } from './audits';
import { backendSentence } from './backends';
import { BitcoinRun, hashesPerBlock } from './bitcoin';
import { brokenOnBitcoin, hasBitcoin, renderBitcoin, type WithBitcoin } from './bitcoin-report';
import { build } from './bundle';
import { renderCheaters } from './cheater-table';
import { buildCheaters, planNodes, type PlannedNode } from './cheaters';
import { closing, explain } from './closing';
import { dashboardIn, openWhenUp } from './dashboard';
import { Display } from './display';
import { judgeUnderFaults } from './fault-run';
import { inspectorBy, miningInspector, miningSummary } from './inspector';
import { judge } from './judge';
import type { SimulateOptions } from './options';
import { nodePorts } from './node-ports';
import { RemoteWorkCounts } from './remote-work';
import { renderPage } from './report-page';
import { stratumLine } from './stratum';
import { renderReport } from './tables';
import { taskVariables, variableNames } from './variables';

/** Runs a network of nodes, shows its progress, and reports the outcome. */
export async function simulate(
  options: SimulateOptions,
  config: TaskConfig,
  directory: string,
  signal: AbortSignal,
): Promise<RunReport> {
  const { rounds, roundSeconds, cheaters, mining } = options;
  const plan = planNodes(options.nodes, cheaters, config.minimumStake);
  const nodes = plan.length;
  const seed = options.seed ?? randomBytes(8).toString('hex');
  const names = variableNames(options, config);
  const inspector = mining ? inspectorOf(options) : undefined;
  const ports = await nodePorts(options, plan, names);
  const title = `${config.taskName}: ${count(nodes, 'node')}, ${roundsOf(options)}, seed ${seed}`;
  const display = new Display(title, rounds, inspector);
  const task = await build(options, directory, signal);
  const executables = await buildCheaters(cheaters, directory, signal, options.bitcoin);
  introduce(options, config, title, display);

  const bitcoin = options.bitcoin
    ? await BitcoinRun.open({
        names: plan.map(({ name }) => name),
        seed,
        rounds,
        hashesPerBlock: hashesPerBlock(options, nodes),
        onFind: (line) => display.tell(line),
      })
    : undefined;
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
    env: (index) =>
      taskVariables(names, ports[index]!, {
        ...bitcoin?.variables(index),
        ...plan[index]!.variables,
      }),
    ...(inspector && { inspector }),
    ...(faults && { changeMethods: faults.changeMethods }),
    onEvent: (event) => {
      display.note(event);
      if (mining) showDashboard(event, display, options.open, signal);
    },
  }).catch(async (error: unknown) => {
    await bitcoin?.close();
    throw error;
  });
  display.start(network);
  bitcoin?.start(network);
  faults?.start(network);
  const stratum = mining ? stratumLine(network.nodes) : undefined;
  if (stratum !== undefined) display.tell(stratum);
  const audits = mining ? new AuditCounts() : undefined;
  const remoteWork = new RemoteWorkCounts();
  audits?.start(network.nodes);
  if (mining) remoteWork.start(network.nodes);
  const ended = await network.finished.finally(() => {
    display.stop();
    audits?.stop();
    remoteWork.stop();
    return bitcoin?.close();
  });
  const outcome = bitcoin ? bitcoin.addTo(ended) : ended;
  const judged =
    audits && judge(remoteWork.addTo(audits.addTo(outcome, network.nodes), network.nodes), plan);
  const underFaults = faults ? judgeUnderFaults(judged ?? outcome, plan, faults) : undefined;
  const report = judgeOnBitcoin(underFaults ?? judged ?? outcome, plan);

  if (signal.aborted) console.log(interruptionOf(report, rounds));
  console.log(renderReport(report, mining ? miningSummary : []));
  if (judged) console.log(explain(judged).join('\n'));
  const hashing =
    mining &&
    backendSentence(
      directory,
      plan.map(({ name }) => name),
    );
  if (hashing) console.log(hashing);
  if (hasBitcoin(report)) console.log(renderBitcoin(report));
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

function inspectorOf({ bitcoin }: SimulateOptions): Inspector {
  return bitcoin
    ? inspectorBy(proofRules({ network: 'regtest', taskPayout: undefined }))
    : miningInspector;
}

/** Adds what did not hold on the simulator's Bitcoin, if there was one. */
function judgeOnBitcoin<R extends RunReport & Partial<WithBitcoin>>(
  report: R,
  plan: readonly PlannedNode[],
): R {
  if (!hasBitcoin(report)) return report;
  const honest = plan.filter(({ kind }) => kind === undefined).map(({ name }) => name);
  const failures = [...report.failures, ...brokenOnBitcoin(report, new Set(honest))];
  return { ...report, succeeded: failures.length === 0, failures };
}

/** "3 rounds of 9 s" */
function roundsOf({ rounds, roundSeconds }: SimulateOptions): string {
  return `${rounds === 0 ? 'rounds' : count(rounds, 'round')} of ${roundSeconds} s`;
}

/** Prints what is going to happen. */
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

/** Shows the first node's dashboard, once the node says where it is. */
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
