import { Command, InvalidArgumentError, Option } from 'commander';
import { MAX_THREADS } from '../src/mining/engine';
import { BACKENDS, type Backend } from '../src/mining/kernel';
import { workerId } from '../src/http/fields';
import { Progress } from './worker/progress';
import { RemoteMiner } from './worker/remote-miner';

// A remote worker: mines for a node with nothing but its HTTP API.

/** However busy the node is, Ctrl-C ends the worker within two seconds. */
const STOP_MS = 1500;

interface Options {
  url: string;
  id: string;
  threads: number;
  backend: 'auto' | Backend;
}

const options = new Command('worker')
  .description("Mines for a node from another machine; its shares enter the node's proof.")
  .option('--url <url>', 'the HTTP API of the node', httpUrl, 'http://127.0.0.1:8080')
  .requiredOption('--id <id>', "this worker's name, its own at that node", validId)
  .option('--threads <n>', 'mining threads', threads, 1)
  .addOption(new Option('--backend <name>').choices(['auto', ...BACKENDS]).default('auto'))
  .parse()
  .opts<Options>();

function httpUrl(text: string): string {
  if (/^https?:\/\/./.test(text) && URL.canParse(text)) return text.replace(/\/+$/, '');
  throw new InvalidArgumentError('Expected an http or https URL.');
}

function validId(text: string): string {
  const result = workerId.safeParse(text);
  if (result.success) return text;
  throw new InvalidArgumentError(result.error.issues.map(({ message }) => message).join('; '));
}

function threads(text: string): number {
  const count = /^\d+$/.test(text) ? Number(text) : 0;
  if (count >= 1 && count <= MAX_THREADS) return count;
  throw new InvalidArgumentError(`Expected a whole number from 1 to ${MAX_THREADS}.`);
}

const interruption = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    setTimeout(() => process.exit(0), STOP_MS).unref();
    interruption.abort();
  });
}

const progress = new Progress();
const miner = new RemoteMiner({ ...options, note: (text) => progress.note(text) });
progress.start(miner);
miner.run(interruption.signal).then(
  () => {
    progress.stop();
    process.exit(0);
  },
  (error: unknown) => {
    progress.stop();
    console.error(error instanceof Error ? error.message : error);
    process.exit(1);
  },
);
