/** Packs errors for other event loops; a plain copy would lose class, code and details. */
import { ERROR_CODES, type ErrorCode, RefineDetError } from '../errors.ts';
import { show } from '../option-checks.ts';

export interface SentError {
  name: string;
  message: string;
  stack: string | undefined;
  /** Present for RefineDetError only. */
  own?: { code: ErrorCode; details: readonly string[] };
  /** Own fields of other errors, such as the code and path of an error of the system. */
  fields?: Record<string, unknown>;
  /** Another error, or a thrown value as text. */
  cause?: SentError | string;
}

/** Maximum length of a chain of causes; longer chains and cycles are cut. */
const MOST_CAUSES = 16;

export function packError(thrown: unknown, causes = MOST_CAUSES): SentError {
  const error = asError(thrown);
  const { name, message, stack, cause } = error;
  const sent: SentError = { name, message, stack };
  const { code, details } = error as RefineDetError;
  if (name === 'RefineDetError' && Object.hasOwn(ERROR_CODES, code)) sent.own = { code, details };
  else sent.fields = Object.fromEntries(Object.entries(error).filter(([, v]) => isPlain(v)));
  if (cause === undefined || causes === 0) return sent;
  return { ...sent, cause: cause instanceof Error ? packError(cause, causes - 1) : textOf(cause) };
}

const isPlain = (value: unknown) => ['string', 'number', 'boolean'].includes(typeof value);

export function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(textOf(thrown));
}

/** A thrown value that is not an error, as text; objects may refuse `String`. */
function textOf(thrown: unknown): string {
  return typeof thrown === 'object' ? show(thrown) : String(thrown);
}

/** Restores the error; an error other than RefineDetError becomes the cause of UNEXPECTED. */
export function unpackError(sent: SentError): RefineDetError {
  const error = unpack(sent);
  if (error instanceof RefineDetError) return error;
  return new RefineDetError('UNEXPECTED', error.message, { cause: error });
}

function unpack({ name, message, stack, own, fields, cause }: SentError): Error {
  const options =
    cause === undefined ? {} : { cause: typeof cause === 'string' ? cause : unpack(cause) };
  const error = own
    ? new RefineDetError(own.code, message, { details: own.details, ...options })
    : Object.assign(new Error(message, options), fields, { name });
  error.stack = stack; // the stack of the other side
  return error;
}
