/**
 * Entry point refinedet/serve: the handler of `refinedet serve` for a server of your own.
 * @module refinedet/serve
 */

export type { Connection } from './client-address.ts';
export { createHandler, type Handler } from './handler.ts';
export type { FetchImage } from './image-requests.ts';
export type { LogEntry, RequestLog, StreamLog } from './log-entries.ts';
export type { HandlerOptions, SiteFile } from './options.ts';
export type { StreamedVideo } from './streams/reopened-frames.ts';
