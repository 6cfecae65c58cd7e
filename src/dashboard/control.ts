import type { RequestHandler } from 'express';
import { z } from 'zod';
import { ApiError, parse } from '../http/errors';
import type { Governor } from '../mining/governor';

const order = z.strictObject({ action: z.enum(['pause', 'resume', 'restart']) });

/**
 * POST: pause, resume, or a restart. Answers how mining stands then.
 * @param restart ends the process; undefined where nobody would start it again
 */
export function control(governor: Governor, restart: (() => void) | undefined): RequestHandler {
  return (request, response) => {
    const { action } = parse(order, request.body);
    if (action === 'restart') {
      if (!restart) throw new ApiError(409, 'nobody starts this node again when it ends');
      // The answer first: the process may end at once.
      response.once('close', restart);
    } else if (action === 'pause') governor.pause();
    else governor.resume();
    const { state, intensity } = governor;
    response.set('Cache-Control', 'no-store').json({ state, intensity });
  };
}
