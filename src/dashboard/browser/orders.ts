/** What stands in place of what only the owner may do. */
export const OWNER_ONLY =
  'Only for this machine itself, by the address that the task prints when it starts.';

export const NO_ANSWER = 'The task did not answer.';

export interface Answer {
  /** HTTP's. */
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
 * @returns undefined where no answer came
 */
export async function ask(
  method: 'GET' | 'POST' | 'PUT',
  path: string,
  body?: unknown,
): Promise<Answer | undefined> {
  try {
    const response = await fetch(path, {
      method,
      headers: {
        'X-Orca-Control': '1',
        ...(body !== undefined && { 'Content-Type': 'application/json' }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    return { status: response.status, body: await response.json() };
  } catch {
    return undefined;
  }
}

/** Why something was not done; undefined where it was. */
export function refusalOf(answer: Answer | undefined): Refusal | undefined {
  if (!answer) return { message: NO_ANSWER };
  if (answer.status < 400) return undefined;
  const { message, issues } = answer.body as Refusal;
  return { message: `Refused: ${message}`, ...(issues && { issues }) };
}
