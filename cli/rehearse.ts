import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline/promises';
import { Command } from 'commander';
import { tokens } from '../src/format';
import { monotonicClock } from '../src/process/clock';
import { positive } from './option-types';
import { reasonOf } from './reason';
import { defaultNodeDirectory, NodeDirectory, type NodeTask } from './rehearse/node-directory';
import { collectRecord, rehearse } from './rehearse/rehearsal';
import { rehearsalBundle, type RehearsalBundle } from './rehearse/rehearsal-bundle';
import { restoreAll } from './rehearse/replacement';
import { askSidePort } from './rehearse/side-port';
import { accountData, askMinimumStake, minimumStakeIn, programIn } from './rehearse/task-account';
import { bundle as build } from './simulate/bundle';
import { requireWritable } from './simulate/before-run';

// Runs this task's bundle in a real desktop node, in the place of a sandbox task, before any token is spent
// (docs/REHEARSE.md). Exit status: 0 without a FAIL, 1 with one or if it can't be rehearsed, 130 after Ctrl-C.

const EXIT_INTERRUPTED = 130;

interface Options {
  node?: string;
  task?: string;
  executable?: string;
  rpc: string;
  bundle?: string;
  own?: boolean;
  yes?: boolean;
  record?: string;
  minutes: number;
  restore?: boolean;
  json?: boolean;
}

const command = new Command('rehearse')
  .description(
    'Runs the bundle in a real desktop node, in the place of a sandbox task, for two rounds.',
  )
  .option('--node <directory>', "the desktop node's directory; by default this user's own")
  .option('--task <id>', 'the sandbox task; by default the only one that runs')
  .option('--executable <cid>', "the task's task_audit_program; by default the chain is asked")
  .option('--rpc <url>', 'where the chain is asked', 'https://mainnet.koii.network')
  .option('--bundle <file>', 'a rehearsal build made before, instead of a new one')
  .option('--own', 'the sandbox is your own: vote and hand in lists, too')
  .option('--record <file>', 'keep all calls of the node, without secrets, as lines of JSON')
  .option('--minutes <n>', 'the longest that it takes', positive(1440), 60)
  .option('--yes', 'answer the question beforehand, for scripts')
  .option('--json', 'print the outcome as JSON')
  .option('--restore', "only put back a task's own bundle, after a rehearsal that was killed")
  .parse();
const options = command.opts<Options>();
const interruption = new AbortController();
/** With --json, stdout is for the outcome alone. */
const say = (line: string): void => (options.json ? console.error(line) : console.log(line));

async function main(signal: AbortSignal): Promise<number> {
  const node = new NodeDirectory(options.node ?? defaultNodeDirectory());
  const restored = await restoreAll(node.executables, options.restore);
  for (const file of restored) say(`put back after an unfinished rehearsal: ${file}`);
  if (options.restore) {
    if (restored.length === 0) say('nothing to put back');
    return 0;
  }
  if (options.record !== undefined) requireWritable('--record', options.record);
  const task = node.taskOf(options.task);
  const { executable, minimumStake } = await sandboxOf(node, task);
  const bundle = await bundleOf(signal);
  say(`node: ${node.path}`);
  say(`sandbox task: ${task.id}`);
  say(`its bundle, replaced meanwhile: ${executable}`);
  for (const line of risk(bundle, minimumStake)) say(line);
  if (!(await isAgreed(signal))) return 1;
  const checks = await rehearse({
    bundle,
    task,
    executable,
    clock: monotonicClock,
    signal,
    limitMs: options.minutes * 60_000,
    say,
    ask: askSidePort,
  });
  keepRecord(task);
  if (signal.aborted) say('interrupted: what was not seen by then counts as FAIL');
  const succeeded = checks.every(({ grade }) => grade !== 'FAIL');
  if (options.json) {
    console.log(JSON.stringify({ task: task.id, succeeded, interrupted: signal.aborted, checks }));
  } else {
    for (const { grade, name, detail } of checks) console.log(`${grade} ${name}: ${detail}`);
  }
  if (signal.aborted) return EXIT_INTERRUPTED;
  return succeeded ? 0 : 1;
}

interface Sandbox {
  executable: string;
  /** The task's least, in ROE; undefined if it is not known. */
  minimumStake: bigint | undefined;
}

async function sandboxOf(node: NodeDirectory, task: NodeTask): Promise<Sandbox> {
  const programs = node.programs();
  const named = options.executable ?? (programs.length === 1 ? programs[0] : undefined);
  if (named !== undefined) {
    const executable = node.executableOf(named);
    return { executable, minimumStake: await askMinimumStake(options.rpc, task.id) };
  }
  const nameIt = 'name its task_audit_program with --executable';
  const data = await accountData(options.rpc, task.id).catch((error: unknown) => {
    const why = reasonOf((error as Error).cause ?? error);
    throw new Error(`${options.rpc} does not tell which bundle is the task's (${why}): ${nameIt}`, {
      cause: error,
    });
  });
  const program = programIn(data, programs);
  if (program === undefined) {
    throw new Error(`none of the node's bundles is the task's, or several are: ${nameIt}`);
  }
  return { executable: node.executableOf(program), minimumStake: minimumStakeIn(data) };
}

/** A rehearsal build, made apart from dist/. */
async function bundleOf(signal: AbortSignal): Promise<RehearsalBundle> {
  if (options.bundle !== undefined) {
    const bundle = rehearsalBundle(readFileSync(options.bundle));
    if (bundle.isShared !== !options.own) {
      throw new Error(
        `${options.bundle} is built for a sandbox that is ${bundle.isShared ? 'shared' : 'your own'}`,
      );
    }
    return bundle;
  }
  const out = mkdtempSync(path.join(os.tmpdir(), 'rehearsal-'));
  try {
    say('Building the task for a rehearsal');
    const env = [
      `out=${out}`,
      `rehearsal=${options.own ? 'own' : 'shared'}`,
      `rehearsal-id=${randomBytes(4).toString('hex')}`,
      ...(options.record === undefined ? [] : ['record']),
    ];
    say(
      `  ${await build(
        env.flatMap((option) => ['--env', option]),
        signal,
      )}`,
    );
    return rehearsalBundle(readFileSync(path.join(out, 'main.js')));
  } finally {
    rmSync(out, { recursive: true, force: true });
  }
}

function risk({ isShared }: RehearsalBundle, minimumStake: bigint | undefined): string[] {
  const stake =
    minimumStake === undefined
      ? 'its amount is in the node'
      : `at least ${tokens(Number(minimumStake))} KOII, the least that the task takes`;
  const does = isShared
    ? [
        'It submits proofs, casts no vote and hands in no list.',
        "Other nodes judge its proofs by the sandbox's own rules, and may vote against them.",
      ]
    : ['It submits proofs, votes and hands in lists: the sandbox must be your own (--own).'];
  return [...does, `At risk: this node's stake on the sandbox task (${stake}).`];
}

async function isAgreed(signal: AbortSignal): Promise<boolean> {
  if (options.yes) return true;
  if (!process.stdin.isTTY) {
    throw new Error('nobody can be asked here: give --yes to agree');
  }
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  // In a terminal readline gets Ctrl-C, and no signal comes.
  lines.on('SIGINT', () => interruption.abort());
  try {
    return /^y(es)?$/i.test((await lines.question('Rehearse? [y/N] ', { signal })).trim());
  } finally {
    lines.close();
  }
}

function keepRecord(task: NodeTask): void {
  if (options.record === undefined) return;
  const isThere = collectRecord(task, options.record);
  say(
    isThere ? `the calls of the node are in ${options.record}` : 'no calls of the node were kept',
  );
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => interruption.abort());
}
main(interruption.signal).then(
  (code) => (process.exitCode = code),
  (error: unknown) => {
    console.error(`rehearse: ${(error as Error).message}`);
    process.exitCode = interruption.signal.aborted ? EXIT_INTERRUPTED : 1;
  },
);
