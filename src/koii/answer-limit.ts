import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { ClientRequest, IncomingMessage } from 'node:http';

/** The submissions of ten thousand nodes are about 6 MB. */
export const MAX_ANSWER_BYTES = 32 * 2 ** 20;

/** Node.js publishes an answer's head here, before whoever asked gets to see it. */
const ANSWER_BEGINS = 'http.client.response.finish';

/**
 * Makes every HTTP answer that is too large end in an error for whoever asked. The SDK has no limit of its own, offers
 * no way to set one, and may use any HTTP library.
 * @param maxBytes as they come over the wire, compressed or not
 * @param onRefused called for each answer that was cut off
 * @returns a function that lifts the limit
 */
export function limitAnswers(maxBytes: number, onRefused: () => void): () => void {
  const onAnswer = (message: unknown): void => {
    const { request, response } = message as { request: ClientRequest; response: IncomingMessage };
    const { socket } = request;
    if (!socket) return;
    const startsAt = socket.bytesRead;
    const refuse = (): void => {
      stopCounting();
      onRefused();
      response.destroy(new Error(`the answer is larger than ${maxBytes} bytes`));
    };
    // Not the response's own data: listening to it would make it flow, and it may come as text.
    const count = (): void => {
      if (socket.bytesRead - startsAt > maxBytes) refuse();
    };
    const stopCounting = (): void => void socket.off('data', count);
    socket.on('data', count);
    response.once('close', stopCounting);
    // Only by the next tick does whoever asked listen for errors.
    if (Number(response.headers['content-length']) > maxBytes) process.nextTick(refuse);
  };
  subscribe(ANSWER_BEGINS, onAnswer);
  return () => void unsubscribe(ANSWER_BEGINS, onAnswer);
}
