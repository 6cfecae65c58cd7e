import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { text } from 'node:stream/consumers';
import { Command } from 'commander';
import { PROOF_RULES, type ProofRules, type TaskPayout } from '../src/consensus';
import { verifyProof } from '../src/proof/verify';
import { decodeKey } from '../src/work/identity';
import { roundSeed } from '../src/work/seed';
import { nameOf } from '../src/work/source';
import { parsedBy } from './option-types';
import { reasonOf } from './reason';
import { readSubmissions, type SubmissionToVerify } from './verify/input';

// Checks submissions by hand, as an auditor or in a dispute. Prints a line of JSON for each. Exit status: 0 if all are
// valid, 1 if not, 2 if the input can't be used.

const EXIT_UNUSABLE = 2;

// The functions by which `npm run build` reads these two options.
const { halvingBlocksOf, parseTaskPayout } = createRequire(__filename)('../build/consensus.js') as {
  halvingBlocksOf: (network: string) => number;
  parseTaskPayout: (text: string) => TaskPayout;
};

function verify(submission: SubmissionToVerify, rules: ProofRules) {
  const { round, submitter, submissionsOfRoundMinus2, proof } = submission;
  const taskId = decodeKey(submission.taskId);
  const seed = roundSeed(taskId, round, submissionsOfRoundMinus2);
  const verdict = verifyProof(proof, decodeKey(submitter), { taskId, round, seed }, rules);
  if (!verdict.valid) return { ...verdict, shares: 0, hashes: '0' };
  const { valid, source, shares, hashes } = verdict;
  return { valid, workSource: nameOf(source), shares, hashes: String(hashes) };
}

interface VerifyOptions {
  file?: string;
  taskPayout?: TaskPayout;
  /** Blocks after which the subsidy halves on that network. */
  bitcoinNetwork?: number;
}

const command: Command = new Command('verify')
  .description('Checks submissions of the task, as every auditor does.')
  .option('--file <path>', 'JSON: one submission or an array of them; - for stdin')
  .option(
    '--task-payout <program:percent>',
    'the task-payout that the bundle was built with, if any',
    parsedBy(parseTaskPayout),
  )
  .option(
    '--bitcoin-network <name>',
    'the network that the bundle was built for, main or regtest; main when left out',
    parsedBy(halvingBlocksOf),
  )
  // 1 means that a submission is not valid.
  .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : EXIT_UNUSABLE))
  .parse();
const { file, taskPayout, bitcoinNetwork } = command.opts<VerifyOptions>();
if (file === undefined) command.error("error: option '--file <path>' is missing");

async function main(file: string): Promise<number> {
  const json = await (file === '-' ? text(process.stdin) : readFile(file, 'utf8')).catch(
    (error: unknown) => {
      throw new Error(`can't be read: ${reasonOf(error)}`, { cause: error });
    },
  );
  const rules = {
    ...PROOF_RULES,
    ...(taskPayout && { taskPayout }),
    ...(bitcoinNetwork !== undefined && { halvingBlocks: bitcoinNetwork }),
  };
  const verdicts = readSubmissions(json).map((submission) => verify(submission, rules));
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
