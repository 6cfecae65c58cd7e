import { execFileSync, fork, type ChildProcess } from 'node:child_process';
import {
  appendFileSync,
  createReadStream,
  mkdirSync,
  mkdtempSync,
  rmSync,
  statSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { startNetwork, type Network, type RunReport, type SimulatedNode } from '../../simulator';
import { brokenByFaults } from '../simulate/fault-run';
import type { Tallies } from './attacker';
import { RigJournal } from './mined';
import type { Target } from './observer';
import { PUBLIC_ATTACKS } from './public-attacks';
import type { RigEvent } from './rig';
import type { Shown } from './rigs';
import { heldBy } from './samples';
import { SIDE_ATTACKS } from './side-attacks';
import { soakNetworkOptions } from './network-options';
import { StalledPipe } from './stalled-pipe';
import { showAttacks, showFindings } from './tables';
import {
  breaches,
  isUnfit,
  judgeAttackedNode,
  type AttackedNode,
  type Observation,
} from './verdict';
import { longest } from './waits';

const ATTACKED = 0;
const SAMPLE_MS = 500;
const TELL_MS = 10_000;
const START_MS = 60_000;
/** What many systems allow a process. */
const DESCRIPTORS = 1024;

export interface HostileOptions {
  minutes: number;
  nodes: number;
  roundSeconds: number;
  /** How long others on the side port may wait. */
  maxWaitMs: number;
  seed: string;
}

/**
 * Attacks the first node of a network in every way at once, and judges the effect on it, on others and on honest rigs.
 * @returns a sentence for each requirement that did not hold
 */
export async function soakHostile(options: HostileOptions, signal: AbortSignal): Promise<string[]> {
  const { minutes, nodes, roundSeconds, seed, maxWaitMs } = options;
  if (nodes < 2) throw new RangeError('expected a node beside the one that is attacked');
  console.log(
    `${nodes} nodes, rounds of ${roundSeconds} s, ${minutes} minutes: node-1 is attacked`,
  );
  const directory = mkdtempSync(path.join(os.tmpdir(), 'hostile-'));
  const logPath = path.join(directory, 'node-1', 'task.log');
  mkdirSync(path.dirname(logPath));
  const pipe = new StalledPipe(path.join(directory, 'output'), logPath);
  const asDeployed = await soakNetworkOptions({ nodes, roundSeconds, seed, directory });
  const network = await startNetwork({
    ...asDeployed,
    env: (index) => ({
      ...asDeployed.env!(index),
      // This machine's whole network is let in meanwhile, as a LAN would be.
      ...(index === ATTACKED && { API_HOST: '0.0.0.0' }),
    }),
    outputPath: (index) => (index === ATTACKED ? pipe.path : undefined),
    onEvent: (event) => {
      if (event.type === 'started' && event.node.index === ATTACKED) limitDescriptors(event.node);
    },
  });
  let measured: Measured;
  try {
    measured = await attack(network, minutes, signal);
  } finally {
    await network.stop();
    pipe.close();
  }

  const report = await network.finished;
  const { lastRound, tallies, journal } = measured;
  showAttacks(tallies);
  const findings = judgeAttackedNode(
    {
      ...measured,
      ...outcomeOf(report, lastRound),
      ...(await whatIsIn(logPath)),
      forbidden: answersToForbidden(tallies),
      mined: journal.mined(proofsOf(report, lastRound)),
    },
    maxWaitMs,
  );
  showFindings(findings);
  const everybody = new Set(report.nodes.map(({ publicKey }) => publicKey));
  const failures = [...breaches(findings), ...brokenByFaults(report, everybody, () => false)];
  if (failures.length === 0) rmSync(directory, { recursive: true, force: true });
  else console.log(`The nodes' files and logs are in ${directory}`);
  return failures;
}

/** What is measured during the attack. */
interface Measured extends Observation {
  readonly tallies: Tallies;
  readonly peakMB: number;
  readonly descriptors: number;
  /** The last round whose submission window was over. */
  readonly lastRound: number;
  readonly journal: RigJournal;
}

/** Attacks and measures, then stops the network during the attack: a task must end cleanly even then. */
async function attack(network: Network, minutes: number, signal: AbortSignal): Promise<Measured> {
  const attacked = network.nodes[ATTACKED]!;
  await untilItAnswers(attacked, signal);
  const ports = [Number(attacked.env['API_PORT']), attacked.expressPort];
  const observer = start('observer', ...ports);
  const attackers = start('attacker', ...ports);
  const rigs = start('rigs', ...ports);
  const journal = new RigJournal();
  rigs.on('message', (event) => journal.note(event as RigEvent | Shown));
  const observed = lastMessage<Observation>(observer);
  const tallies = lastMessage<Tallies>(attackers);
  const most = { peakMB: 0, descriptors: 0 };
  try {
    await watch(minutes, signal, (atMin, isTimeToTell) => {
      const { pid } = attacked.process;
      const target: Target = { round: network.ledger.currentRound, pid };
      for (const child of [observer, attackers, rigs]) child.send(target);
      const held = heldBy(attacked);
      most.peakMB = Math.max(most.peakMB, held?.peakMB ?? 0);
      most.descriptors = Math.max(most.descriptors, held?.handles ?? 0);
      if (isTimeToTell) console.log(progress(atMin, network, held, observed()));
    });
    for (const child of [observer, rigs]) child.disconnect();
    const lastRound = network.ledger.currentRound - 2;
    await network.stop();
    const seen = observed();
    if (!seen) throw new Error('the observer saw nothing: run for longer');
    return { ...seen, ...most, lastRound, tallies: tallies() ?? {}, journal };
  } finally {
    for (const child of [observer, attackers, rigs]) child.kill();
  }
}

/** Node raises its soft limit to the hard one when it starts, so both are set. */
function limitDescriptors({ process }: SimulatedNode): void {
  execFileSync('prlimit', [`--pid=${process.pid}`, `--nofile=${DESCRIPTORS}:${DESCRIPTORS}`]);
}

/** Waits for the first answer of the side port; until then it is closed. */
async function untilItAnswers({ env, logPath }: SimulatedNode, signal: AbortSignal): Promise<void> {
  const url = `http://127.0.0.1:${env['API_PORT']}/healthz`;
  for (const startedAt = performance.now(); !signal.aborted;) {
    if (await fetch(url).catch(() => undefined)) return;
    if (performance.now() - startedAt > START_MS) throw new Error(`no API, see ${logPath}`);
    await sleep(SAMPLE_MS);
  }
}

/** Runs a file beside this one as a process. */
function start(name: string, ...ports: number[]): ChildProcess {
  return fork(path.join(__dirname, `${name}.ts`), ports.map(String), {
    // A Ctrl-C in the terminal must reach only the soak, which then ends them.
    detached: true,
  });
}

/** @returns the last message of a process */
function lastMessage<T>(of: ChildProcess): () => T | undefined {
  let last: T | undefined;
  of.on('message', (message) => (last = message as T));
  return () => last;
}

/** Looks now and repeatedly until the time is over or the signal aborts. */
async function watch(
  minutes: number,
  signal: AbortSignal,
  look: (atMin: number, isTimeToTell: boolean) => void,
): Promise<void> {
  const startedAt = performance.now();
  let toldAt = startedAt;
  for (let now = startedAt; !signal.aborted && now < startedAt + minutes * 60_000;) {
    const isTimeToTell = now >= toldAt + TELL_MS;
    look((now - startedAt) / 60_000, isTimeToTell);
    if (isTimeToTell) toldAt = now;
    await sleep(SAMPLE_MS, undefined, { signal }).catch(() => undefined);
    now = performance.now();
  }
}

function progress(
  atMin: number,
  { ledger }: Network,
  held: ReturnType<typeof heldBy>,
  seen: Observation | undefined,
): string {
  const waits = [...(seen?.side ?? []), ...(seen?.public ?? [])].map(
    (each) => `${each.name} ${longest(each).toFixed(0)} ms`,
  );
  const process = held
    ? `${held.residentMB.toFixed(0)} MB, ${held.handles} descriptors`
    : 'no process';
  return `  ${atMin.toFixed(1)} min, round ${ledger.currentRound}: ${process}; longest waits: ${waits.join(', ')}`;
}

/** What the ledger and the simulator know of the attacked node. */
function outcomeOf(
  { rounds, nodes }: RunReport,
  lastRound: number,
): Pick<AttackedNode, 'rounds' | 'ends' | 'lastCode' | 'calls' | 'otherCalls'> {
  const { publicKey, exits, calls } = nodes[ATTACKED]!;
  const others = nodes.filter((_, index) => index !== ATTACKED);
  const sum = (of: Readonly<Record<string, number>>): number =>
    Object.values(of).reduce((total, count) => total + count, 0);
  return {
    rounds: rounds
      .filter(({ round }) => round <= lastRound)
      .map(({ round, submissions }) => {
        const submission = submissions.find((each) => each.publicKey === publicKey);
        return { round, submitted: !!submission, valid: submission?.['valid'] === true };
      }),
    ends: exits.filter(({ requested }) => !requested).length,
    lastCode: exits.at(-1)?.code ?? null,
    calls: sum(calls),
    otherCalls: Math.max(...others.map((node) => sum(node.calls))),
  };
}

/** The attacked node's proofs on the ledger, by round. */
function proofsOf({ rounds, nodes }: RunReport, lastRound: number): Map<number, string> {
  const { publicKey } = nodes[ATTACKED]!;
  return new Map(
    rounds
      .filter(({ round }) => round <= lastRound)
      .flatMap(({ round, submissions }) =>
        submissions
          .filter((each) => each.publicKey === publicKey)
          .map(({ value }): [number, string] => [round, value]),
      ),
  );
}

function answersToForbidden(tallies: Tallies): number {
  return [...PUBLIC_ATTACKS, ...SIDE_ATTACKS]
    .filter(({ isForbidden }) => isForbidden)
    .flatMap(({ name }) => Object.entries(tallies[name] ?? {}))
    .filter(([outcome]) => /^[23]/.test(outcome))
    .reduce((sum, [, times]) => sum + times, 0);
}

async function whatIsIn(logPath: string): Promise<Pick<AttackedNode, 'logMB' | 'unfitLines'>> {
  // A task that never wrote has no log.
  appendFileSync(logPath, '');
  let unfitLines = 0;
  for await (const line of createInterface({ input: createReadStream(logPath) })) {
    if (isUnfit(line)) unfitLines++;
  }
  return { logMB: statSync(logPath).size / 2 ** 20, unfitLines };
}
