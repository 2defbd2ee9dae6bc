/**
 * Entry point refinedet/serve: the handler of `refinedet serve` for a server of your own.
 * @module refinedet/serve
 */
export type { RequestLog } from './call.ts';
export { createHandler, type Handler } from './handler.ts';
export type { FetchImage } from './image-requests.ts';
export type { HandlerOptions, SiteFile } from './options.ts';
