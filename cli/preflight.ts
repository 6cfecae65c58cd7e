import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { seconds } from './option-types';
import { allPrebuilds, resolveSdk } from './preflight/build-tools';
import { checkAge, consensusIn, readBundle, type Bundle } from './preflight/bundle';
import { checkBundle, checkConfig, usableConfig } from './preflight/checks';
import { rehearse } from './preflight/create-task-cli';
import { fail, lineOf, pass, warn, worstOf, type Finding } from './preflight/finding';
import { readTaskFields } from './preflight/task-fields';
import { checkTrial, runTrial, TRIAL_NODES } from './preflight/trial-run';
import { bundle as webpack } from './simulate/bundle';
import { defaultRoundSeconds } from './simulate/options';

// What a deployer runs before tokens are spent (docs/DEPLOY.md). Exit status: 0 without a FAIL, else 1; 130 after Ctrl-C.

const ROOT = join(__dirname, '..');
const EXIT_INTERRUPTED = 130;

interface Options {
  config: string;
  bundle?: string;
  run: boolean;
  roundSeconds: number;
  json: boolean;
}

const command = new Command('preflight')
  .description('Looks at all that is deployed, before tokens are spent.')
  .option('--config <path>', 'the deployment', 'config-task.yml')
  .option('--bundle <path>', 'the bundle (default: task_audit_program of the deployment)')
  .option('--no-run', 'leave out the two rounds on a simulated network')
  .option(
    '--round-seconds <seconds>',
    'how long a round of it takes',
    seconds,
    defaultRoundSeconds({ nodes: TRIAL_NODES, cheaters: [], mining: true, faults: false }),
  )
  .option('--json', 'one object with all findings (docs/DEPLOY.md)', false)
  .parse();
const options = command.opts<Options>();
const interruption = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => interruption.abort());
}

const findings: Finding[] = [];

function tell(...found: readonly Finding[]): void {
  findings.push(...found);
  if (options.json) return;
  for (const finding of found) console.log(lineOf(finding));
}

/** What takes long, beside the findings: one line that is written over on a terminal, else only that it begins. */
const progress = {
  begin: (line: string): void => {
    process.stderr.write(process.stderr.isTTY ? `\r\x1b[K${line}` : `${line}\n`);
  },
  note: (line: string): void => {
    if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${line}`);
  },
  end: (): void => {
    if (process.stderr.isTTY) process.stderr.write('\r\x1b[K');
  },
};

async function main(): Promise<number> {
  const config = await lookAtConfig();
  const { signal } = interruption;
  const path = options.bundle ?? config.program;
  const bundle = await lookAtBundle(path, options.bundle !== undefined);
  if (bundle && options.run && !signal.aborted) await lookAtRun(bundle, config.text);
  if (options.json) {
    const status = worstOf(findings);
    console.log(
      JSON.stringify({ status, config: options.config, bundle: path, findings }, null, 2),
    );
  }
  if (signal.aborted) return EXIT_INTERRUPTED;
  return worstOf(findings) === 'FAIL' ? 1 : 0;
}

async function lookAtConfig(): Promise<{ text: string; program: string }> {
  try {
    const { fields, text } = readTaskFields(options.config);
    tell(...checkConfig(fields, text), await rehearse(fields));
    const program = fields['task_audit_program'];
    return { text, program: typeof program === 'string' ? program : 'dist/main.js' };
  } catch (error) {
    tell(fail('config', (error as Error).message, 'Name the file with --config'));
    return { text: '', program: 'dist/main.js' };
  }
}

/**
 * The bundle that create-task-cli uploads, as it lies there: it may be built with consensus of its own. Only where there
 * is none one is built, as a release if that can be.
 */
async function lookAtBundle(path: string, isGiven: boolean): Promise<Bundle | undefined> {
  try {
    if (!isGiven && !existsSync(path)) await build();
    const bundle = readBundle(path);
    tell(...checkBundle(bundle, ROOT));
    if (!isGiven) tell(checkAge(bundle, ROOT));
    return bundle;
  } catch (error) {
    const [reason] = (error as Error).message.split('\n');
    tell(fail('bundle', reason!, 'npm run build:release makes it; or name it with --bundle'));
    return undefined;
  }
}

async function build(): Promise<void> {
  const isRelease = resolveSdk(ROOT).official && hasPrebuilds();
  progress.begin('Building the task');
  const { signal } = interruption;
  const made = await webpack(isRelease ? ['--env', 'release'] : [], signal).finally(progress.end);
  tell(
    isRelease
      ? pass('build', made)
      : warn(
          'build',
          `${made}; no release, which needs the official SDK and native code for all platforms`,
          'npm ci --include=optional && npm run build:prebuilds && npm run build:release',
        ),
  );
}

function hasPrebuilds(): boolean {
  try {
    return allPrebuilds().length > 0;
  } catch {
    return false;
  }
}

async function lookAtRun(bundle: Bundle, text: string): Promise<void> {
  const config = usableConfig(text);
  const rules = consensusIn(bundle);
  if (config === undefined || rules === undefined) {
    tell(
      fail('run', 'not done: no network can be started with these', 'Correct what is named above'),
    );
    return;
  }
  progress.begin(
    `Running the bundle for two rounds of ${options.roundSeconds} s on a simulated network`,
  );
  try {
    const { roundSeconds } = options;
    const { signal } = interruption;
    const trial = {
      task: bundle.path,
      config,
      rules,
      roundSeconds,
      signal,
      onProgress: progress.note,
    };
    const report = await runTrial(trial).finally(progress.end);
    if (!signal.aborted) tell(...checkTrial(report));
  } catch (error) {
    const [reason] = (error as Error).message.split('\n');
    tell(fail('run', reason!, 'npm run simulate -- --keep <folder> shows more'));
  }
}

main().then(
  (code) => (process.exitCode = code),
  (error: unknown) => {
    console.error(`preflight: ${(error as Error).message}`);
    process.exitCode = 1;
  },
);
