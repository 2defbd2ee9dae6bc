import { describe, expect, it } from 'vitest';
import { checkLoadOptions } from '../../src/detection/load-options.ts';
import { unknownSize, withInputSize } from '../../src/model/input-size.ts';
import { randomModel } from '../../support/models/random-model.ts';

describe('load options', () => {
  it('may all be absent or undefined', () => {
    expect(() => checkLoadOptions({})).not.toThrow();
    expect(() => checkLoadOptions({ threads: undefined, inputSize: undefined })).not.toThrow();
  });

  it.each([
    [null, 'options must be an object, not null'],
    [{ thread: 2 }, 'unknown option "thread" (did you mean "threads"?)'],
    [{ threads: 0 }, 'threads must be "auto" or a whole number from 1 to 9, not 0'],
    [{ threads: '2' }, 'not "2"'],
    [{ inputSize: 300 }, 'inputSize must be a multiple of 64 up to 4096, not 300'],
    [{ inputSize: 8192 }, 'not 8192'],
    [{ inputSize: '320' }, 'inputSize must be a side or { width, height }, not "320"'],
    [{ inputSize: { width: 320 } }, 'inputSize.height must be a multiple of 64 up to 4096'],
    [{ inputSize: { width: 320, height: 100 } }, 'not 100'],
    [{ warmUp: 'no' }, 'warmUp must be true or false, not "no"'],
    [{ gpu: 'webgl' }, 'gpu must be a list of GPU backends, not "webgl"'],
    [{ gpu: ['webgl'] }, 'gpu must be a list of GPU backends, not ["webgl"]'],
    [{ backend: {} }, 'backend must be "auto", "wasm", or the backend of refinedet/webgl'],
    [{ compute: 8 }, 'compute must be one of auto, float32, int8, not 8'],
    [{ wasm: 1 }, 'wasm must be a URL or a function, not 1'],
    [{ signal: {} }, 'signal must be an AbortSignal, not {}'],
    [{ warn: 'quiet' }, 'warn must be a function, not "quiet"'],
  ])('refuse %j', (options, message) => {
    const attempt = () => checkLoadOptions(options as object);
    expect(attempt).toThrow(expect.objectContaining({ code: 'INVALID_OPTION' }));
    expect(attempt).toThrow(message);
  });

  it('change the input size of a copy of the model', () => {
    const model = randomModel(64);
    expect(withInputSize(model, undefined)).toBe(model);
    expect(withInputSize(model, 128).config).toMatchObject({ inputWidth: 128, inputHeight: 128 });
    const { config } = withInputSize(model, { width: 192, height: 64 });
    expect(config).toMatchObject({ inputWidth: 192, inputHeight: 64 });
    expect(model.config.inputWidth).toBe(64);
  });
});

describe('a size that the model does not know', () => {
  const { config } = randomModel(320);

  it('is named with those of its training', () => {
    const note = unknownSize(config, 512);
    expect(note).toMatch(/^refinedet detects at 512×512, but the model was trained at 320×320: /);
    const tuned = { ...config, provenance: { inputSizes: [256, 320, 'x'] } };
    expect(unknownSize(tuned, { width: 320, height: 64 })).toMatch(/at 320×320, 256×256: /);
  });

  it('is neither the size of the file, nor one of its training', () => {
    expect(unknownSize(config, undefined)).toBe(undefined);
    expect(unknownSize(config, { width: 320, height: 320 })).toBe(undefined);
    expect(unknownSize({ ...config, provenance: { inputSizes: [256] } }, 256)).toBe(undefined);
    const wide = { ...config, provenance: { inputSizes: [256, 384, 512] } };
    expect(unknownSize(wide, 448)).toBe(undefined);
    expect(unknownSize(wide, 576)).toMatch(/at 576×576/);
    expect(unknownSize(wide, { width: 448, height: 384 })).toMatch(/at 448×384/);
  });
});
