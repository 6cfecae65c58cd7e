import { spawn } from 'node:child_process';
import { spreadOf } from './statistics';
import type { Measurement } from './sampling';

const UNITS: Record<string, number> = { '': 1e-6, K: 1e-3, M: 1, G: 1e3, T: 1e6 };
const RATE = /(\d+(?:,\d{3})*(?:\.\d+)?)\s*([kmgt]?)(?:h|hash|hashes)\/s/i;
// eslint-disable-next-line no-control-regex -- the escape that starts a terminal's colour codes
const COLOUR = /\u001b\[[\d;]*m/g;

/** The rate in a line of a miner's output, in MH/s: `Total: 850 kH/s` is 0.85. */
export function parseRate(line: string): number | undefined {
  const match = RATE.exec(line.replace(COLOUR, ''));
  if (!match) return undefined;
  return Number(match[1]!.replaceAll(',', '')) * UNITS[match[2]!.toUpperCase()]!;
}

/**
 * The rates in a miner's output, in MH/s, in order. Miners that print each thread's rate also print a total: then only
 * the totals count.
 */
export function parseRates(output: string): number[] {
  const rates = output.split(/[\r\n]+/).flatMap((line) => {
    const rate = parseRate(line);
    return rate === undefined ? [] : [{ rate, total: /total/i.test(line) }];
  });
  const totals = rates.filter(({ total }) => total);
  return (totals.length > 0 ? totals : rates).map(({ rate }) => rate);
}

/** How many threads a miner's command asks for, by the options that such programs share; 1 if it doesn't say. */
export function threadsOf(command: string): number {
  const match = /(?:^|\s)(?:-t\s*|--threads[=\s]\s*)(\d+)/.exec(command);
  return match ? Number(match[1]) : 1;
}

/**
 * Runs a CPU miner's benchmark command in a shell, for at most `seconds`, and takes the rates that it prints as
 * samples.
 * @throws Error when it printed none.
 */
export async function measurePeer(command: string, seconds: number): Promise<Measurement> {
  const output = await outputOf(command, seconds);
  const rates = parseRates(output);
  if (rates.length === 0) {
    throw new Error(`peer "${command}" printed no rate; its output ends: ${output.slice(-300)}`);
  }
  return {
    backend: command,
    variant: 'peer',
    threads: threadsOf(command),
    rateMHps: spreadOf(rates),
  };
}

/** What a command writes to stdout and stderr until it ends or its time is up. */
function outputOf(command: string, seconds: number): Promise<string> {
  return new Promise((resolve, reject) => {
    // A process group of its own, so that the shell's children end with it.
    const child = spawn(command, {
      shell: true,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    const collect = (chunk: string): void => void (output += chunk);
    child.stdout.setEncoding('utf8').on('data', collect);
    child.stderr.setEncoding('utf8').on('data', collect);
    const timer = setTimeout(() => {
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    }, seconds * 1000);
    child.on('error', reject);
    child.on('close', () => {
      clearTimeout(timer);
      resolve(output);
    });
  });
}
