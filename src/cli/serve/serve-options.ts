/** Options of `refinedet serve`. */
import { RefineDetError } from '../../errors.ts';
import { isOrigin } from '../../serve/origin.ts';
import { STREAM_NAME } from '../../serve/stream-name.ts';
import { BACKEND, COMPUTE, inputSizeOf, MODEL, THREADS, WORKERS } from '../options/common-rows.ts';
import { type FlagsOf, initially, on, type Parser, text, value } from '../options/option-table.ts';
import { byteSize, count, duration, listOf, port, timeLimit } from '../options/parsers.ts';

const words = listOf<string>((given) => given);

const origin: Parser<string> = (text, flag) => {
  if (isOrigin(text)) return text;
  const example = 'an origin such as https://example.com, in lower case and without a path, or *';
  throw new RefineDetError('USAGE', `${flag} must be ${example}, not "${text}"`);
};

/** A name as URLs have it, without a port. */
const hostName: Parser<string> = (text, flag) => {
  const isName = /^[^\s:/?#@\\]+$/.test(text) && URL.canParse(`http://${text}`);
  if (isName) return new URL(`http://${text}`).hostname;
  const example = 'a name such as camera.local, without a port';
  throw new RefineDetError('USAGE', `${flag} must be ${example}, not "${text}"`);
};

/** Sources of streams by their names. */
const streams: Parser<Readonly<Record<string, string>>> = (text, flag, before = {}) => {
  const at = text.indexOf('=');
  const [name, source] = [text.slice(0, Math.max(0, at)), text.slice(at + 1)];
  if (!STREAM_NAME.test(name) || source === '') {
    const example = 'such as yard=rtsp://camera/stream (letters, digits, _, . and - in the name)';
    throw new RefineDetError('USAGE', `${flag} must be NAME=VIDEO, ${example}, not "${text}"`);
  }
  if (!Object.hasOwn(before, name)) return { ...before, [name]: source };
  throw new RefineDetError('USAGE', `${flag} ${name} is given twice`);
};

export const SERVE_OPTIONS = {
  'Server:': {
    host: initially('127.0.0.1', text('<address>', 'address to listen at')),
    port: initially(
      8321,
      value('<n>', port, 'port to listen at; 0 is any free one', { short: 'p' }),
    ),
    tokenFile: text('<file>', 'file with the accepted bearer tokens, one per line', {
      default: 'everybody may ask',
    }),
    allowHost: value('<name>', listOf(hostName), 'name of this server in URLs; may be repeated', {
      default: 'without tokens: IP addresses, localhost and --host only',
    }),
    cors: value(
      '<origin>',
      listOf(origin),
      'let pages of this origin, or *, ask; may be repeated',
      {
        default: 'no other pages',
      },
    ),
    allowUrl: value(
      '<pattern>',
      words,
      'fetch images from such URLs for clients; may be repeated',
      {
        default: 'none',
      },
    ),
    stream: value(
      '<name=video>',
      streams,
      'detect in a video, rtsp://… or camera:0 while clients follow /v1/streams/NAME; may be repeated',
      { default: 'none' },
    ),
    trustProxy: on('log the client that a reverse proxy appends to X-Forwarded-For'),
    quiet: on('no log', { short: 'q' }),
  },
  'Limits:': {
    maxBody: value('<size>', byteSize, 'largest body of a request', { default: '20mb' }),
    maxPixels: value('<n>', count(), 'largest image in pixels', { default: '40000000' }),
    queue: value('<n>', count(), 'images that may wait; more are answered with 503', {
      default: '64',
    }),
    timeout: value('<time>', timeLimit, 'longest time of a request', { default: '30s' }),
    grace: value('<time>', duration, 'time to finish when stopped', { default: '10s' }),
  },
  'Detection:': {
    model: MODEL,
    name: text('<name>', 'name of the model in the API', { default: "the file's name" }),
    workers: { ...WORKERS, default: 'auto' },
    threads: THREADS,
    backend: BACKEND,
    compute: COMPUTE,
    inputSize: inputSizeOf("the model's"),
  },
};

export type ServeFlags = FlagsOf<typeof SERVE_OPTIONS>;
