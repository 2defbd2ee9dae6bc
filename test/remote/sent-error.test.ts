import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ERROR_CODES, type ErrorCode, RefineDetError } from '../../src/errors.ts';
import { packError, unpackError } from '../../src/remote/sent-error.ts';

/** Sends an error through a structured clone, as between threads. */
const sent = (error: unknown) => unpackError(structuredClone(packError(error)));

const code = fc.constantFrom(...(Object.keys(ERROR_CODES) as ErrorCode[]));
const { error: anyError } = fc.letrec<{ error: Error; cause: unknown }>((tie) => ({
  cause: fc.option(fc.oneof({ depthSize: 'small' }, fc.string(), tie('error')), { nil: undefined }),
  error: fc.oneof(
    fc
      .tuple(code, fc.string(), fc.array(fc.string()), tie('cause'))
      .map(
        ([code, message, details, cause]) => new RefineDetError(code, message, { details, cause }),
      ),
    fc
      .tuple(fc.constantFrom(Error, TypeError, RangeError), fc.string(), tie('cause'))
      .map(([Class, message, cause]) => new Class(message, { cause })),
  ),
}));

/** The parts of an error and its causes that must survive. */
function facts(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const { name, message, stack, cause } = error;
  const own = error instanceof RefineDetError ? { code: error.code, details: error.details } : {};
  return { name, message, stack, ...own, cause: facts(cause) };
}

describe('an error that is sent', () => {
  it('takes a cause that cannot become text', () => {
    const received = sent(new Error('x', { cause: Object.create(null) }));
    expect((received.cause as Error).cause).toBe('{}');
  });

  it('keeps code, message, details and the chain of causes', () => {
    fc.assert(
      fc.property(anyError, (error) => {
        const received = sent(error);
        expect(received).toBeInstanceOf(RefineDetError);
        // A foreign error has no code: it becomes the cause of an error with a code.
        const same = error instanceof RefineDetError ? received : received.cause;
        expect(facts(same)).toEqual(facts(error));
        if (error instanceof RefineDetError) return;
        expect(received).toMatchObject({ code: 'UNEXPECTED', message: error.message });
      }),
    );
  });

  it('may be anything that was thrown, even a ring of causes', () => {
    expect(sent('a text')).toMatchObject({ code: 'UNEXPECTED', message: 'a text' });
    expect(sent(undefined)).toMatchObject({ code: 'UNEXPECTED', message: 'undefined' });
    const ring = new RefineDetError('MODEL_EMPTY', 'ring');
    ring.cause = ring;
    let depth = 0;
    for (let error: unknown = sent(ring); error; error = (error as Error).cause) depth++;
    expect(depth).toBeGreaterThan(10);
  });

  it('keeps the code of a foreign error in the cause, never as its own code', () => {
    for (const code of ['ENOENT', 'USAGE', 7]) {
      const error = Object.assign(new Error('gone'), { code });
      expect(sent(error)).toMatchObject({ code: 'UNEXPECTED', message: 'gone', cause: { code } });
    }
  });

  it('keeps what the system says about a failure', () => {
    let cause: unknown;
    try {
      readFileSync('/no/such/file');
    } catch (error) {
      cause = error;
    }
    const facts = { ...(cause as object) };
    expect(facts).toMatchObject({
      code: 'ENOENT',
      syscall: 'open',
      path: expect.stringContaining('such'),
    });
    const error = new RefineDetError('FILE_NOT_FOUND', 'not found', { cause });
    expect({ ...(sent(error).cause as object) }).toMatchObject(facts);
  });

  it('leaves out fields that cannot be sent', () => {
    const error = Object.assign(new Error('x'), { request: () => {}, status: 404 });
    expect(sent(error).cause).toMatchObject({ message: 'x', status: 404 });
    expect(sent(error).cause).not.toHaveProperty('request');
  });
});
