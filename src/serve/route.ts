/** The description of a route. */
import type { Context } from 'hono';
import type { DetectionService } from './detection-service.ts';
import type { Call } from './request-call.ts';

export interface RouteContext {
  call: Call;
  context: Context;
  request: Request;
}

/** Kinds of request bodies, for the description. */
export type BodyKind = 'image' | 'images' | 'deepstack';

export interface Route {
  method: 'get' | 'post';
  /** With parameters as Hono writes them: `/v1/x/:name`. */
  path: string;
  summary: string;
  body?: BodyKind;
  /** Name of the schema of the answer, or its media type. */
  answer: string;
  /** Answers without a token. */
  isPublic?: true;
  /** Checks the token itself, because its clients send it in the form. */
  checksToken?: true;
  /** Answer to a failure; default: problem details. */
  failure?(service: DetectionService, given: Pick<RouteContext, 'call'>, error: unknown): Response;
  /** Other statuses than 200 that have the schema of the answer, with their meaning. */
  statuses?: Readonly<Record<number, string>>;
  /** Left out of /openapi.json. */
  isHidden?: true;
  handle(service: DetectionService, given: RouteContext): Promise<Response>;
}
