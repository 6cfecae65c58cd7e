import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { Command } from 'commander';
import type { ProofRules } from '../src/consensus';
import { verifyProof } from '../src/proof/verify';
import { decodeKey } from '../src/work/identity';
import { roundSeed } from '../src/work/seed';
import { nameOf } from '../src/work/source';
import { reasonOf } from './reason';
import { rulesOf, withRules } from './rules';
import { submissionFrom } from './verify/from-url';
import { readSubmissions, type SubmissionToVerify } from './verify/input';

// Checks submissions by hand, as an auditor or in a dispute. Prints a line of JSON for each. Exit status: 0 if all are
// valid, 1 if not, 2 if the input can't be used.

const EXIT_UNUSABLE = 2;

function verify(submission: SubmissionToVerify, rules: ProofRules) {
  const { round, submitter, submissionsOfRoundMinus2, proof } = submission;
  const taskId = decodeKey(submission.taskId);
  const seed = roundSeed(taskId, round, submissionsOfRoundMinus2);
  const verdict = verifyProof(proof, decodeKey(submitter), { taskId, round, seed }, rules);
  if (!verdict.valid) return { ...verdict, shares: 0, hashes: '0' };
  const { valid, source, shares, hashes } = verdict;
  return { valid, workSource: nameOf(source), shares, hashes: String(hashes) };
}

const command: Command = withRules(new Command('verify'))
  .description('Checks submissions of the task, as every auditor does.')
  .option('--file <path>', 'JSON: one submission or an array of them; - for stdin')
  .option('--from <url>', "a node's http://…/network?round=…&submitter=…, in place of a file")
  // 1 means that a submission is not valid.
  .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : EXIT_UNUSABLE))
  .parse();
const { file, from } = command.opts<{ file?: string; from?: string }>();
const rules = rulesOf(command);
if (file === undefined && from === undefined) {
  command.error("error: option '--file <path>' or '--from <url>' is missing");
}
if (file !== undefined && from !== undefined) {
  command.error("error: options '--file <path>' and '--from <url>' exclude each other");
}

async function main(): Promise<number> {
  const json = from === undefined ? await textOf(file!) : await submissionFrom(from);
  const verdicts = readSubmissions(json).map((submission) => verify(submission, rules));
  for (const verdict of verdicts) console.log(JSON.stringify(verdict));
  return verdicts.every(({ valid }) => valid) ? 0 : 1;
}

async function textOf(file: string): Promise<string> {
  return (file === '-' ? text(process.stdin) : readFile(file, 'utf8')).catch((error: unknown) => {
    throw new Error(`can't be read: ${reasonOf(error)}`, { cause: error });
  });
}

main().then(
  (code) => (process.exitCode = code),
  (error: unknown) => {
    console.error(`${from ?? (file === '-' ? 'stdin' : file)}: ${(error as Error).message}`);
    process.exitCode = EXIT_UNUSABLE;
  },
);
