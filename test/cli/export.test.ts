import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readOnnxMetadata } from '../../src/export/index.ts';
import { openSession } from '../export/helpers.ts';
import { FAILURE_LINE, runCli, temporaryFolder, writeRandomModel } from './helpers.ts';

const temporary = temporaryFolder();
const { folder, at } = temporary;
const MODEL = at('model.safetensors');

beforeAll(() => writeRandomModel(MODEL));
afterAll(temporary.remove);

describe('refinedet export', () => {
  it('writes a file that ONNX Runtime opens, and prints a summary', async () => {
    const out = at('deep', 'model.onnx');
    const { code, stdout, stderr } = await runCli(['export', MODEL, out]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(
      /^refinedet320-mobilenet with 3 classes: 194 tensors, 4\.41 M parameters\nwrote \S+model\.onnx: opset 17, input 64×64, f32, 17\.\d MB\n$/,
    );
    const session = await openSession(readFileSync(out));
    expect(session.outputNames).toEqual(['armLoc', 'armConf', 'odmLoc', 'odmConf']);
    await session.release();
  });

  it('writes what the options ask for', async () => {
    const out = at('small.onnx');
    const flags = ['--dtype', 'f16', '--input-size', '128x64', '--dynamic-batch'];
    const { code, stdout } = await runCli(['export', MODEL, out, ...flags]);
    expect(code).toBe(0);
    expect(stdout).toContain('input 128×64, f16, ');
    const file = readFileSync(out);
    expect(file.length).toBeLessThan(10e6);
    expect(readOnnxMetadata(file)).toMatchObject({ inputWidth: '128', inputHeight: '64' });
    const session = await openSession(file);
    expect(session.inputMetadata[0]).toMatchObject({ shape: ['batch', 64, 128, 3] });
    await session.release();
  });

  it.each([
    [
      ['exprot', MODEL, at('x.onnx')],
      /unknown command 'exprot' \(did you mean export\?\) \[USAGE\]/,
    ],
    [['export', MODEL], /missing required argument 'out' \[USAGE\]/],
    [
      ['export', MODEL, at('x.onnx'), '--dtype', 'fp16'],
      /not "fp16" \(did you mean "f16"\?\) \[USAGE\]/,
    ],
    [
      ['export', MODEL, at('x.onnx'), '--input-size', '300'],
      /multiple of 64 up to 4096, not "300"/,
    ],
    [['export', MODEL, MODEL, '--force'], /model\.safetensors is the input; write to another file/],
  ])('refuses %j', async (args, message) => {
    const before = readFileSync(MODEL);
    const { code, stdout, stderr } = await runCli(args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(FAILURE_LINE);
    expect(stderr).toMatch(message);
    expect(existsSync(at('x.onnx'))).toBe(false);
    expect(readFileSync(MODEL).equals(before)).toBe(true);
  });

  it('explains how foreign weights become a model, and writes nothing', async () => {
    const foreign = at('weights.pth');
    writeFileSync(foreign, 'no model');
    const { code, stderr } = await runCli(['export', foreign, at('y.onnx')]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/weights\.pth: .*refinedet convert.*\[MODEL_FORMAT\]/);
    expect(existsSync(at('y.onnx'))).toBe(false);
  });

  it('replaces a file only with --force, and leaves no temporary file', async () => {
    const out = at('taken.onnx');
    writeFileSync(out, 'mine');
    const refused = await runCli(['export', MODEL, out]);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toMatch(
      /taken\.onnx exists already; --force replaces it \[FILE_WRITE\]/,
    );
    expect(readFileSync(out, 'utf8')).toBe('mine');
    expect((await runCli(['export', MODEL, out, '--force'])).code).toBe(0);
    expect(readFileSync(out).length).toBeGreaterThan(17e6);
    expect(readdirSync(folder).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });
});
