/** What stands in place of what only the owner may do. */
export const OWNER_ONLY =
  'Only for this machine itself, by the address that the task prints when it starts.';

const NO_ANSWER = 'The task did not answer.';
/** An order takes a moment; where no connection is free, or the task hangs, nobody waits for ever. */
const ANSWER_MS = 10_000;
const LATE = `The task did not answer within ${ANSWER_MS / 1000} s; it may do so yet.`;

export interface Answer {
  /** HTTP's; 0 where no answer came. */
  status: number;
  body: unknown;
}

/** What the body of an error says. */
export interface Refusal {
  message: string;
  issues?: { path: string; message: string }[];
}

/**
 * Asks the task for what the controls' token opens.
 * @param body sent as JSON
 */
export async function ask(
  method: 'GET' | 'POST' | 'PUT',
  path: string,
  body?: unknown,
): Promise<Answer> {
  try {
    const response = await fetch(path, {
      method,
      signal: AbortSignal.timeout(ANSWER_MS),
      headers: {
        'X-Orca-Control': '1',
        ...(body !== undefined && { 'Content-Type': 'application/json' }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    return { status: response.status, body: await response.json() };
  } catch (error) {
    const isLate = error instanceof DOMException && error.name === 'TimeoutError';
    return { status: 0, body: { message: isLate ? LATE : NO_ANSWER } };
  }
}

/** Why something was not done; undefined where it was. */
export function refusalOf(answer: Answer): Refusal | undefined {
  if (answer.status === 0) return answer.body as Refusal;
  if (answer.status < 400) return undefined;
  const { message, issues } = answer.body as Refusal;
  return { message: `Refused: ${message}`, ...(issues && { issues }) };
}
