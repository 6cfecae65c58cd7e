import type { Router } from 'express';
import { addResource, answer } from '../resource';
import type { Services } from '../services';

/** /metrics: Prometheus' text format. */
export function addMetrics(router: Router, { metrics }: Services): void {
  const get = answer(async (_request, response) => {
    const text = await metrics.render();
    response.set('Cache-Control', 'no-store').type(metrics.contentType).send(text);
  });
  addResource(router, '/metrics', { get: [get] });
}
