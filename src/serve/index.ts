/**
 * Entry point refinedet/serve: the handler of `refinedet serve` for a server of your own.
 * @module refinedet/serve
 */

export { createHandler, type Handler } from './handler.ts';
export type { FetchImage } from './image-requests.ts';
export type { HandlerOptions, SiteFile } from './options.ts';
export type { RequestLog } from './request-call.ts';
