import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { Command } from 'commander';
import { z } from 'zod';
import { verifyProof } from '../src/proof/verify';
import { decodeKey, koiiWork, roundSeed } from '../src/template/koii';

// Checks submissions by hand, as an auditor or in a dispute: one line of JSON each, exit status 0
// only if all are valid, 2 when the input can't be used.

const key = z.string().refine(isKey, 'expected base58 of 32 bytes');
const submission = z.object({
  taskId: key,
  round: z.number().int().nonnegative(),
  submitter: key,
  submissionsOfRoundMinus2: z.record(key, z.string()),
  proof: z.string(),
});

function isKey(text: string): boolean {
  try {
    return decodeKey(text).length === 32;
  } catch {
    return false;
  }
}

function verify({
  taskId,
  round,
  submitter,
  submissionsOfRoundMinus2,
  proof,
}: z.infer<typeof submission>) {
  const task = decodeKey(taskId);
  const seed = roundSeed(task, round, submissionsOfRoundMinus2);
  const verdict = verifyProof(proof, decodeKey(submitter), koiiWork(task, round, seed));
  if (verdict.valid) return { ...verdict, hashes: String(verdict.hashes) };
  return { ...verdict, shares: 0, hashes: '0' };
}

async function readSubmissions(file: string): Promise<z.infer<typeof submission>[]> {
  const json: unknown = JSON.parse(
    file === '-' ? await text(process.stdin) : await readFile(file, 'utf8'),
  );
  return z.array(submission).parse(Array.isArray(json) ? json : [json]);
}

const { file } = new Command('verify')
  .description('Checks submissions of the task, as every auditor does.')
  .requiredOption('--file <path>', 'JSON: one submission or an array of them; - for stdin')
  .parse()
  .opts<{ file: string }>();

readSubmissions(file).then(
  (submissions) => {
    const verdicts = submissions.map(verify);
    for (const verdict of verdicts) console.log(JSON.stringify(verdict));
    process.exitCode = verdicts.every(({ valid }) => valid) ? 0 : 1;
  },
  (error: unknown) => {
    console.error(
      `${file}: ${error instanceof z.ZodError ? z.prettifyError(error) : String(error)}`,
    );
    process.exitCode = 2;
  },
);
