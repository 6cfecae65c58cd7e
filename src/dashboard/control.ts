import type { RequestHandler } from 'express';
import { z } from 'zod';
import { parse } from '../http/errors';
import type { Governor } from '../mining/governor';

const order = z.union([
  z.strictObject({ action: z.enum(['pause', 'resume']) }),
  z.strictObject({ intensity: z.number().int().min(1).max(100) }),
]);

/** POST: pause, resume, or another intensity. Answers how it stands then. */
export function control(governor: Governor): RequestHandler {
  return (request, response) => {
    const wanted = parse(order, request.body, 'order');
    if ('intensity' in wanted) governor.intensity = wanted.intensity;
    else if (wanted.action === 'pause') governor.pause();
    else governor.resume();
    const { state, intensity } = governor;
    response.set('Cache-Control', 'no-store').json({ state, intensity });
  };
}
