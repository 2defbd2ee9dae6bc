/** Options of the handler. */
import {
  ABORT_SIGNAL,
  checkGiven,
  checkObject,
  FLAG,
  FUNCTION,
  listOf,
  type Rule,
  TEXT,
  wholeFrom,
} from '../option-checks.ts';
import type { FetchImage } from './image-requests.ts';
import type { LogEntry } from './log-entries.ts';
import { isOrigin } from './origin.ts';
import { STREAM_NAME } from './stream-name.ts';
import type { StreamedVideo } from './streams/reopened-frames.ts';

/** A file that the server sends as it is. */
export interface SiteFile {
  body: Uint8Array;
  type: string;
  /** Changes with the content. */
  etag: string;
}

/** Options of {@link createHandler}. */
export interface HandlerOptions {
  /** Name of the model in answers and in /v1/vision/custom/NAME. Default `default`. */
  name?: string;
  /** Accepted bearer tokens; default: none, and everybody may ask. */
  tokens?: readonly string[];
  /**
   * Names by which clients may address the server, besides IP addresses and `localhost`: a page whose
   * name is made to resolve to this server (DNS rebinding) is refused. Default: any.
   */
  hosts?: readonly string[];
  /** Origins whose pages may ask, or `*`. Default: only pages of the server itself. */
  cors?: readonly string[];
  /** Most bytes of a body. Default 20,000,000. */
  maxBody?: number;
  /** Most pixels of an image. Default 40,000,000. */
  maxPixels?: number;
  /** Most images of a batch. Default 32. */
  maxImages?: number;
  /** Number of images that may wait; further requests are answered with 503. Tiles count as images. Default 64. */
  queue?: number;
  /** Milliseconds after which a request is canceled. Default 30,000. */
  timeout?: number;
  /**
   * Reads an image by its address for a client. Default: addresses are refused. A function of your own
   * must refuse addresses of the inner network.
   */
  fetchImage?: FetchImage;
  /** Files of a page by path, `index.html` for `/`. Default: none. */
  site?: ReadonlyMap<string, SiteFile>;
  /**
   * Videos by the name in /v1/streams/NAME, such as `openVideo('rtsp://…', { reconnect: 0 })`: the server
   * opens a lost source again itself, and reports that to the listeners. Default: none.
   */
  streams?: Readonly<Record<string, StreamedVideo>>;
  /** Ends the streams and the connections that stay open when it fires, for a server that stops. */
  signal?: AbortSignal;
  /**
   * Whether a reverse proxy in front appends the addresses of its clients to X-Forwarded-For; the log has
   * them then. Default false.
   */
  trustProxy?: boolean;
  /** Whether /readyz says that new requests are welcome. Default: always. */
  isReady?: () => boolean;
  /** Adds the metrics of the process to /metrics: memory, event loop, garbage collection. Default false. */
  processMetrics?: boolean;
  /** Receives an entry for each request, and for each error of a stream. */
  log?: (entry: LogEntry) => void;
}

const SITE: Rule = [(v) => typeof v === 'object' && v !== null && 'get' in v, 'a Map of files'];

const isVideo = (value: unknown) =>
  typeof value === 'object' && value !== null && Symbol.asyncIterator in value;
const STREAMS: Rule = [
  (v) =>
    typeof v === 'object' &&
    v !== null &&
    Object.entries(v).every(([name, video]) => STREAM_NAME.test(name) && isVideo(video)),
  'videos of openVideo by name (letters, digits, _, . and -)',
];

const RULES = {
  name: TEXT,
  tokens: listOf(TEXT),
  hosts: listOf(TEXT),
  cors: listOf([isOrigin, 'an origin such as https://example.com, or *']),
  maxBody: wholeFrom(1),
  maxPixels: wholeFrom(1),
  maxImages: wholeFrom(1),
  queue: wholeFrom(0),
  timeout: wholeFrom(1, 2 ** 31 - 1),
  fetchImage: FUNCTION,
  site: SITE,
  streams: STREAMS,
  signal: ABORT_SIGNAL,
  trustProxy: FLAG,
  isReady: FUNCTION,
  processMetrics: FLAG,
  log: FUNCTION,
} satisfies Record<keyof HandlerOptions, Rule>;

export const DEFAULTS = {
  name: 'default',
  tokens: [] as readonly string[],
  cors: [] as readonly string[],
  maxBody: 20_000_000,
  maxPixels: 40_000_000,
  maxImages: 32,
  queue: 64,
  timeout: 30_000,
  streams: {} as NonNullable<HandlerOptions['streams']>,
  trustProxy: false,
  isReady: () => true,
  processMetrics: false,
};

export type ResolvedOptions = HandlerOptions & typeof DEFAULTS;

/** @throws INVALID_OPTION */
export function resolveHandlerOptions(options: HandlerOptions): ResolvedOptions {
  checkGiven('', checkObject('options', options), RULES);
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  return { ...DEFAULTS, ...Object.fromEntries(given) };
}
