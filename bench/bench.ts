import os from 'node:os';
import { Command } from 'commander';
import { seconds as secondsOf, wholeNumber } from '../cli/option-types';
import { MAX_THREADS } from '../src/mining/engine';
import { measurePeer } from './peer';
import { toJson, toTable } from './report';
import { measure, type Measurement } from './sampling';

interface Options {
  threads: number;
  seconds: number;
  peer: string[];
  peerSeconds: number;
  json?: true;
}

/** Progress and errors go to stderr: stdout is for the results. */
const log = (message: string): void => void process.stderr.write(`${message}\n`);

const { threads, seconds, peer, peerSeconds, json } = new Command('bench')
  .description('Compares the hash kernels with each other, with libraries and with other miners.')
  .option(
    '--threads <n>',
    'measure this many threads as well as one',
    wholeNumber(1, MAX_THREADS),
    1,
  )
  .option('--seconds <s>', 'time for each backend at each thread count', secondsOf, 2)
  .option(
    '--peer <command>',
    "a CPU miner's benchmark command, whose output tells its rate; repeatable",
    (command, commands: string[]) => [...commands, command],
    [] as string[],
  )
  .option('--peer-seconds <s>', 'time after which a peer is ended', secondsOf, 20)
  .option('--json', 'print the results as JSON and nothing else')
  .parse()
  .opts<Options>();

async function main(): Promise<void> {
  // Peers come first, so that a command that doesn't work is noticed at once.
  const peers: Measurement[] = [];
  for (const command of peer) {
    log(`peer: ${command}`);
    peers.push(await measurePeer(command, peerSeconds));
  }
  const measurements = await measure(1, seconds, log);
  if (threads > 1) measurements.push(...(await measure(threads, seconds, log)));
  measurements.push(...peers);
  if (json) {
    console.log(toJson(measurements));
    return;
  }
  const cpus = os.cpus();
  console.log(`CPU   ${cpus[0]?.model.trim() ?? 'unknown'}, ${cpus.length} logical cores`);
  console.log(`Node  ${process.versions.node}, V8 ${process.versions.v8}, ${process.platform}`);
  console.log(toTable(measurements));
  console.log('Rates are of all threads together, x is per thread.');
}

main().catch((error: unknown) => {
  log(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
});
