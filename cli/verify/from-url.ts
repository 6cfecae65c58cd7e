import { z } from 'zod';
import { reasonOf } from '../reason';

const ANSWER_MS = 10_000;
/** Thousands of submissions take two MiB. */
const MOST_BYTES = 16 * 2 ** 20;

const answer = z.object({ verify: z.unknown() });
const refusal = z.object({ message: z.string() });

/**
 * Asks a node for a submission: GET /network?round=…&submitter=… (docs/API.md).
 * @param url http or https; the answer may be what /network answers, or the input of `npm run verify` as it is
 * @returns JSON that readSubmissions() takes
 * @throws Error that says why it can't be had
 */
export async function submissionFrom(url: string, answerMs = ANSWER_MS): Promise<string> {
  if (!/^https?:$/.test(protocolOf(url))) throw new Error('expected a URL of http or https');
  const { status, body } = await fetched(url, answerMs);
  let json: unknown;
  try {
    json = JSON.parse(body);
  } catch (error) {
    throw new Error(`expected JSON, with status 200; got status ${status}`, { cause: error });
  }
  if (status !== 200) {
    const said = refusal.safeParse(json);
    throw new Error(`status ${status}${said.success ? `: ${printable(said.data.message)}` : ''}`);
  }
  const found = answer.safeParse(json);
  if (!found.success || found.data.verify === undefined) {
    const isRound = typeof json === 'object' && json !== null && 'submitters' in json;
    if (isRound) throw new Error('expected one submitter: add &submitter=KEY to the URL');
    return body;
  }
  if (found.data.verify === null) {
    throw new Error(
      'the node no longer knows the submissions of two rounds before, which the seed is made from',
    );
  }
  return JSON.stringify(found.data.verify);
}

function protocolOf(url: string): string {
  try {
    return new URL(url).protocol;
  } catch {
    return '';
  }
}

async function fetched(url: string, answerMs: number): Promise<{ status: number; body: string }> {
  const signal = AbortSignal.timeout(answerMs);
  try {
    const response = await fetch(url, { signal, redirect: 'error' });
    const chunks: Uint8Array[] = [];
    let bytes = 0;
    for await (const chunk of response.body ?? []) {
      bytes += (chunk as Uint8Array).length;
      if (bytes > MOST_BYTES) throw new Error(`the answer is longer than ${MOST_BYTES} bytes`);
      chunks.push(chunk as Uint8Array);
    }
    return { status: response.status, body: Buffer.concat(chunks).toString('utf8') };
  } catch (error) {
    if (signal.aborted) throw new Error(`no answer within ${answerMs / 1000} s`, { cause: error });
    const { cause } = error as Error;
    throw new Error(`can't be read: ${reasonOf(cause ?? error)}`, { cause: error });
  }
}

/** What a stranger's node says, for a terminal. */
function printable(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, '?').slice(0, 300);
}
