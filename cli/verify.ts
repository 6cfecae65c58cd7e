import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { Command } from 'commander';
import { verifyProof } from '../src/proof/verify';
import { decodeKey } from '../src/work/identity';
import { roundSeed } from '../src/work/seed';
import { reasonOf } from './reason';
import { readSubmissions, type SubmissionToVerify } from './verify/input';

// Checks submissions by hand, as an auditor or in a dispute: one line of JSON each, exit status 0
// only if all are valid, 2 when the input can't be used.

const EXIT_UNUSABLE = 2;

function verify({ taskId, round, submitter, submissionsOfRoundMinus2, proof }: SubmissionToVerify) {
  const seed = roundSeed(decodeKey(taskId), round, submissionsOfRoundMinus2);
  const of = { taskId: decodeKey(taskId), round, seed };
  const verdict = verifyProof(proof, decodeKey(submitter), of);
  if (verdict.valid) return { ...verdict, hashes: String(verdict.hashes) };
  return { ...verdict, shares: 0, hashes: '0' };
}

const command: Command = new Command('verify')
  .description('Checks submissions of the task, as every auditor does.')
  .option('--file <path>', 'JSON: one submission or an array of them; - for stdin')
  // 1 is for what is not valid.
  .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : EXIT_UNUSABLE))
  .parse();
const { file } = command.opts<{ file?: string }>();
if (file === undefined) command.error("error: option '--file <path>' is missing");

async function main(file: string): Promise<number> {
  const json = await (file === '-' ? text(process.stdin) : readFile(file, 'utf8')).catch(
    (error: unknown) => {
      throw new Error(`can't be read: ${reasonOf(error)}`, { cause: error });
    },
  );
  const verdicts = readSubmissions(json).map(verify);
  for (const verdict of verdicts) console.log(JSON.stringify(verdict));
  return verdicts.every(({ valid }) => valid) ? 0 : 1;
}

main(file).then(
  (code) => (process.exitCode = code),
  (error: unknown) => {
    console.error(`${file === '-' ? 'stdin' : file}: ${(error as Error).message}`);
    process.exitCode = EXIT_UNUSABLE;
  },
);
