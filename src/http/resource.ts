import type {
  ErrorRequestHandler,
  NextFunction,
  Request,
  RequestHandler,
  Response,
  Router,
} from 'express';
import { ApiError } from './errors';
import type { RateLimits } from './requests';

/** How a set of paths is served. */
export interface Mount {
  limits: RateLimits;
  /** Whether strangers have access: nothing may change state, and no worker is named. */
  isPublic: boolean;
}

/** The handlers of a path by method. */
export interface Methods {
  get?: RequestHandler[];
  post?: (RequestHandler | ErrorRequestHandler)[];
  put?: RequestHandler[];
}

/** Serves a path on a router. Other methods are answered with 405 and the methods allowed. */
export function addResource(router: Router, path: string, { get, post, put }: Methods): void {
  const allowed = [
    ...(get ? ['GET', 'HEAD'] : []),
    ...(post ? ['POST'] : []),
    ...(put ? ['PUT'] : []),
  ].join(', ');
  const route = router.route(path);
  route.all((_request, response, next) => {
    response.locals['route'] = path;
    next();
  });
  if (get) route.get(...get);
  if (post) route.post(...post);
  if (put) route.put(...put);
  route.all((request, response) => {
    response.set('Allow', allowed);
    if (request.method !== 'OPTIONS') throw new ApiError(405, `expected one of ${allowed}`);
    response.status(204).end();
  });
}

/** Wraps an async handler: Express 4 doesn't catch rejections. */
export function answer(
  handler: (request: Request, response: Response) => Promise<void>,
): RequestHandler {
  return (request: Request, response: Response, next: NextFunction): void => {
    handler(request, response).catch(next);
  };
}

/** Answers JSON, not to be cached. What is final may be cached, and revalidated by its ETag. */
export function sendJson(response: Response, body: unknown, options: { final?: boolean } = {}) {
  response.set('Cache-Control', options.final ? 'no-cache' : 'no-store').json(body);
}
