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

/** Where paths are served. */
export interface Mount {
  limits: RateLimits;
  /** Whether strangers come in here: nothing may change state, and no worker is named. */
  isPublic: boolean;
}

/** The handlers of each method a path answers. */
export interface Methods {
  get?: RequestHandler[];
  post?: (RequestHandler | ErrorRequestHandler)[];
  put?: RequestHandler[];
}

/** Puts a path on a router; other methods are answered by 405 and what is allowed. */
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

/** A handler that answers in its own time: Express 4 does not see a rejection by itself. */
export function answer(
  handler: (request: Request, response: Response) => Promise<void>,
): RequestHandler {
  return (request: Request, response: Response, next: NextFunction): void => {
    handler(request, response).catch(next);
  };
}

/** Answers JSON that is live, or, where it can't change any more, may be kept and asked for by its ETag. */
export function sendJson(response: Response, body: unknown, options: { final?: boolean } = {}) {
  response.set('Cache-Control', options.final ? 'no-cache' : 'no-store').json(body);
}
