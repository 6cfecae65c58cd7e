import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { Random } from '../simulator/random';
import type { FuzzTarget } from './fuzz/target';
import { TARGETS } from './fuzz/targets';

const CORPUS = path.join(__dirname, '../tests/fixtures/fuzz-corpus');
const PROGRESS_MS = 5000;

interface FuzzOptions {
  runs: number;
  seed: string;
  target?: string;
}

interface Finding {
  why: string;
  input: string;
}

function parseOptions(argv: string[]): FuzzOptions {
  const names = TARGETS.map(({ name }) => name);
  return new Command('fuzz')
    .description(
      'Gives hostile input to what takes any. A case that breaks something is kept in tests/fixtures/fuzz-corpus.',
    )
    .option(
      '--runs <count>',
      'inputs of the decoder; costlier targets have fewer',
      wholeNumber,
      1_000_000,
    )
    .option('--seed <text>', 'the same text, the same inputs; random when left out')
    .option('--target <name>', `only ${names.join(' or ')}`, (name) => {
      if (!names.includes(name)) throw new InvalidArgumentError(`Expected ${names.join(', ')}.`);
      return name;
    })
    .parse(argv)
    .opts<FuzzOptions>();
}

function wholeNumber(text: string): number {
  if (!/^[1-9]\d{0,11}$/.test(text)) throw new InvalidArgumentError('Expected a whole number.');
  return Number(text);
}

/** @returns the first input that broke something, if any did */
async function fuzz(target: FuzzTarget, runs: number, seed: string): Promise<Finding | undefined> {
  const random = new Random(`${seed}/${target.name}`);
  const startedAt = performance.now();
  const tell = (done: number): void => {
    const seconds = (performance.now() - startedAt) / 1000;
    console.log(
      `${target.name}: ${done} inputs in ${seconds.toFixed(1)} s, ${Math.round(done / seconds)}/s`,
    );
  };
  let toldAt = startedAt;
  try {
    for (let done = 0; done < runs; done++) {
      const input = target.generate(random);
      try {
        await target.check(input);
      } catch (error) {
        return { why: (error as Error).message, input };
      }
      if (performance.now() - toldAt < PROGRESS_MS) continue;
      toldAt = performance.now();
      tell(done + 1);
    }
    tell(runs);
    return undefined;
  } finally {
    await target.close?.();
  }
}

/** Adds a case to those that the tests replay. */
function keep(target: FuzzTarget, finding: Finding): string {
  const file = path.join(CORPUS, `${target.name}.json`);
  mkdirSync(CORPUS, { recursive: true });
  const cases = JSON.parse(readFileSync(file, 'utf8')) as Finding[];
  if (!cases.some(({ input }) => input === finding.input)) cases.push(finding);
  writeFileSync(file, `${JSON.stringify(cases, null, 2)}\n`);
  return file;
}

async function main(): Promise<void> {
  const { runs, seed = randomBytes(4).toString('hex'), target: only } = parseOptions(process.argv);
  console.log(`seed ${seed}`);
  for (const target of TARGETS.filter(({ name }) => only === undefined || name === only)) {
    const finding = await fuzz(target, Math.ceil(runs / target.cost), seed);
    if (!finding) continue;
    console.error(`${target.name} broke: ${finding.why}\n${JSON.stringify(finding.input)}`);
    console.error(`kept in ${keep(target, finding)}`);
    process.exitCode = 1;
  }
}

void main();
