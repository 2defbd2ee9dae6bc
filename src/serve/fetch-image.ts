/**
 * Reads images by address for clients, in Node. Only allowed addresses are asked, and never one of the
 * inner network: the address that the name resolves to is checked, and that very address is used.
 */
import { lookup } from 'node:dns';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { BlockList, isIP, type LookupFunction } from 'node:net';
import { abortError, RefineDetError } from '../errors.ts';
import type { FetchImage } from './image-requests.ts';
import { ServeError } from './problems.ts';

/** Special-purpose addresses (IANA registries, RFC 6890), and the metadata host of Azure. */
const INNER_V4: readonly (readonly [network: string, prefix: number])[] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['168.63.129.16', 32],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.31.196.0', 24],
  ['192.52.193.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['192.175.48.0', 24],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
];

/** Global unicast; everything else in IPv6 is special. */
const OUTER_V6 = ['2000::', 3] as const;

/** Exceptions in it: protocols, documentation, and networks that contain IPv4 addresses. */
const INNER_V6: readonly (readonly [network: string, prefix: number])[] = [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['2620:4f:8000::', 48],
  ['3fff::', 20],
];

const inner = new BlockList();
for (const [network, prefix] of INNER_V4) inner.addSubnet(network, prefix, 'ipv4');
// Lists of their own: an IPv6 network would also match the IPv4 addresses that it contains.
const innerV6 = new BlockList();
for (const [network, prefix] of INNER_V6) innerV6.addSubnet(network, prefix, 'ipv6');
const outerV6 = new BlockList();
outerV6.addSubnet(...OUTER_V6, 'ipv6');

/** Whether an IP address belongs to a private or special network. */
export function isInnerAddress(address: string): boolean {
  if (isIP(address) !== 6) return inner.check(address, 'ipv4');
  return !outerV6.check(address, 'ipv6') || innerV6.check(address, 'ipv6');
}

export interface FetchImageOptions {
  /** Allowed addresses, such as `https://images.example.com/*`; `*` is any text within its part. */
  allow: readonly string[];
  /** Most bytes of an image. */
  maxBytes: number;
  /** For tests: addresses to refuse; default: {@link isInnerAddress}. */
  refuses?: (address: string) => boolean;
}

/** @throws USAGE for a pattern that is not an address */
export function imageFetcher(options: FetchImageOptions): FetchImage {
  const { refuses = isInnerAddress, maxBytes } = options;
  const patterns = options.allow.map(urlPattern);
  return async (text, signal) => {
    const url = URL.canParse(text) ? new URL(text) : undefined;
    if (
      url === undefined ||
      url.username !== '' ||
      url.password !== '' ||
      !patterns.some((is) => is(url))
    ) {
      throw new ServeError(
        'FORBIDDEN',
        `the server may not fetch ${JSON.stringify(text.slice(0, 200))}`,
      );
    }
    const host = url.hostname.replace(/^\[|\]$/g, '');
    if (isIP(host) && refuses(host)) throw innerAddress(host);
    return readAnswer(await ask(url, checkedLookup(refuses), signal), url, { maxBytes, signal });
  };
}

/** Host and path are matched apart, so that a `*` of the host cannot reach into the path. */
function urlPattern(pattern: string): (url: URL) => boolean {
  const parts = /^(https?):\/\/([^/\s]+)(\/\S*)?$/.exec(pattern);
  if (!parts) {
    throw new RefineDetError(
      'USAGE',
      `--allow-url must be a pattern such as https://images.example.com/*, not "${pattern}"`,
    );
  }
  const [, protocol, host, path = '/*'] = parts;
  // As URL writes hosts: lower case, without the port of the protocol.
  const port = protocol === 'https' ? /:443$/ : /:80$/;
  const isHost = glob(host.toLowerCase().replace(port, ''), '[^/@]*');
  const isPath = glob(path, '.*');
  return (url) =>
    url.protocol === `${protocol}:` &&
    isHost.test(url.host) &&
    isPath.test(url.pathname + url.search);
}

function glob(pattern: string, star: string): RegExp {
  const parts = pattern.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join(star)}$`);
}

/** Resolves a name and refuses it when any of its addresses is an inner one. */
function checkedLookup(refuses: (address: string) => boolean): LookupFunction {
  return (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (error, addresses) => {
      if (error) return callback(error, []);
      const bad = addresses.find(({ address }) => refuses(address));
      if (bad) return callback(innerAddress(bad.address), []);
      if (options.all) return callback(null, addresses);
      callback(null, addresses[0].address, addresses[0].family);
    });
  };
}

/** The answer does not say where the name leads; the cause is for the log. */
function innerAddress(address: string): ServeError {
  const message = 'the server may not fetch from this address: it is not a public one';
  return new ServeError('FORBIDDEN', message, {}, new Error(`inner address ${address}`));
}

function ask(
  url: URL,
  lookupAddress: LookupFunction,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  const request = url.protocol === 'https:' ? httpsRequest : httpRequest;
  return new Promise((resolve, reject) => {
    const options = { lookup: lookupAddress, signal, headers: { accept: 'image/*' }, agent: false };
    request(url, options, resolve)
      .on('error', (error) => reject(failed(url, error, signal)))
      .end();
  });
}

async function readAnswer(
  answer: IncomingMessage,
  url: URL,
  { maxBytes, signal }: { maxBytes: number; signal: AbortSignal },
): Promise<Uint8Array> {
  try {
    if (answer.statusCode !== 200) {
      const reason = `it answers ${answer.statusCode}, and redirects are not followed`;
      throw new ServeError('FETCH_FAILED', `cannot fetch ${url.href}: ${reason}`);
    }
    const chunks: Buffer[] = [];
    let length = 0;
    for await (const chunk of answer as AsyncIterable<Buffer>) {
      length += chunk.length;
      if (length > maxBytes) {
        throw new ServeError('REQUEST_TOO_LARGE', `${url.href} has more than ${maxBytes} bytes`);
      }
      chunks.push(chunk);
    }
    return Buffer.concat(chunks);
  } catch (error) {
    throw failed(url, error, signal);
  } finally {
    answer.destroy();
  }
}

function failed(url: URL, error: unknown, signal: AbortSignal): unknown {
  if (signal.aborted) return abortError(signal);
  if (error instanceof RefineDetError) return error;
  return new ServeError('FETCH_FAILED', `cannot fetch ${url.href}: it does not answer`, {}, error);
}
