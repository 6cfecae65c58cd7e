import { z } from 'zod';
import { account } from '../../src/http/requests';

/** In the form of docs/PROTOCOL.md, "Vectors". */
export interface SubmissionToVerify {
  taskId: string;
  round: number;
  submitter: string;
  /** Key to value; empty for the rounds 0 and 1. */
  submissionsOfRoundMinus2: Record<string, string>;
  proof: string;
}

/** Any further faults are only counted. */
const FAULTS_SHOWN = 10;
const SHOWN_CHARACTERS = 60;

const KEY = 'base58 of 32 bytes';
const key = z.custom<string>(isKey, expected(KEY));
const submission = z.object(
  {
    taskId: key,
    round: z.custom<number>(
      (value) => Number.isSafeInteger(value) && (value as number) >= 0,
      expected('a whole number from 0'),
    ),
    submitter: key,
    submissionsOfRoundMinus2: z
      .record(z.string(), z.string(expected('a submitted value, a string')), {
        ...expected('an object of public keys to submitted values'),
      })
      .superRefine((submissions, context) => {
        const wrong = Object.keys(submissions).find((name) => !isKey(name));
        if (wrong === undefined) return;
        context.addIssue({
          code: 'custom',
          message: `expected keys of ${KEY}, got ${shown(wrong)}`,
        });
      }),
    proof: z.string(expected('the submitted value, a string')),
  },
  expected('a submission, an object'),
);

/**
 * Parses the input of `npm run verify`.
 * @param text JSON: one submission, or an array of at least one
 * @throws Error that names each unusable field, what is expected there, and what came
 */
export function readSubmissions(text: string): SubmissionToVerify[] {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    const reason = text.trim() === '' ? 'it is empty' : (error as Error).message;
    throw new Error(`expected JSON: ${reason}`, { cause: error });
  }
  if (Array.isArray(json) && json.length === 0) {
    throw new Error('expected a submission or an array of them, got an empty array');
  }
  const result = z.array(submission).safeParse(Array.isArray(json) ? json : [json]);
  if (result.success) return result.data;
  const faults = result.error.issues.map(({ path, message }) => {
    const [index, ...fields] = path;
    const place = [...(Array.isArray(json) ? [`[${String(index)}]`] : []), ...fields].join('.');
    return place === '' ? message : `${place}: ${message}`;
  });
  const more = faults.length - FAULTS_SHOWN;
  throw new Error(
    [...faults.slice(0, FAULTS_SHOWN), ...(more > 0 ? [`and ${more} more`] : [])].join('\n  '),
  );
}

function isKey(value: unknown): boolean {
  return account.safeParse(value).success;
}

function expected(what: string): { error: (issue: { input?: unknown }) => string } {
  return { error: ({ input }) => `expected ${what}, got ${shown(input)}` };
}

/** What came, in one line at most. */
function shown(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (Array.isArray(value)) return 'an array';
  if (typeof value === 'object' && value !== null) return 'an object';
  const text = JSON.stringify(value);
  return text.length > SHOWN_CHARACTERS ? `${text.slice(0, SHOWN_CHARACTERS)}…` : text;
}
