import { Command, InvalidArgumentError, Option } from 'commander';
import { workerId } from '../src/http/requests';
import { MAX_THREADS } from '../src/mining/engine';
import { BACKENDS, type Backend } from '../src/mining/kernels/kernel';
import { threadCount } from '../src/settings/schema';
import { wholeNumber } from './option-types';
import { Progress } from './worker/progress';
import { RemoteMiner } from './worker/remote-miner';
import { WrongServer } from './worker/server-faults';

// A remote worker: mines for a node with nothing but its HTTP API.

/** However busy the node is, Ctrl-C ends the worker within two seconds. */
const STOP_MS = 1500;

interface Options {
  url: string;
  id: string;
  threads: number;
  backend: 'auto' | Backend;
}

const command = new Command('worker')
  .description("Mines for a node from another machine; its shares enter the node's proof.")
  .option('--url <url>', 'the HTTP API of the node', apiUrl, 'http://127.0.0.1:8080')
  .requiredOption('--id <id>', "this worker's name, its own at that node", validId)
  .option(
    '--threads <n>',
    'mining threads; by default as many as a node would take',
    wholeNumber(1, MAX_THREADS),
    threadCount({ MINING_THREADS: 0 }),
  )
  .addOption(new Option('--backend <name>').choices(['auto', ...BACKENDS]).default('auto'));
const options = command.parse().opts<Options>();

/** A refused URL is not repeated: it may hold a password. */
function apiUrl(text: string): string {
  const url = /^https?:\/\/./.test(text) && URL.canParse(text) ? new URL(text) : undefined;
  const isPlain = url && [url.username, url.password, url.search, url.hash].join('') === '';
  if (isPlain) return url.href.replace(/\/+$/, '');
  return command.error(
    'error: --url: expected an http or https URL such as http://192.168.1.5:8080, without a user, a password, ? or #',
  );
}

function validId(text: string): string {
  const result = workerId.safeParse(text);
  if (result.success) return text;
  throw new InvalidArgumentError(result.error.issues.map(({ message }) => message).join('; '));
}

const interruption = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    setTimeout(() => end(0), STOP_MS).unref();
    interruption.abort();
  });
}

const progress = new Progress();
const miner = new RemoteMiner({ ...options, note: (text) => progress.note(text) });
progress.start(miner);
miner.run(interruption.signal).then(
  () => end(0),
  (error: unknown) => end(1, error instanceof WrongServer ? error.message : error),
);

function end(code: number, why?: unknown): void {
  progress.stop(miner.totals);
  if (why !== undefined) console.error(why);
  process.exit(code);
}
