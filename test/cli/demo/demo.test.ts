import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MODELS, modelFile } from '../../../src/packaged-models.ts';
import { isPosix } from '../../../support/posix.ts';
import { runCli, startCli, temporaryFolder, writeRandomModel } from '../helpers.ts';

/** The page, as `npm run build` leaves it. */
const isBuilt = existsSync(new URL('../../../dist/demo/index.html', import.meta.url));

const { at, remove } = temporaryFolder();
beforeAll(() => writeRandomModel(at('model.safetensors')));
afterAll(remove);

describe('refinedet demo', () => {
  it('refuses files that are not models, and ports that do not exist', async () => {
    writeFileSync(at('notes.txt'), 'no model');
    const wrong = await runCli(['demo', '--model', at('notes.txt')]);
    expect(wrong).toMatchObject({ code: 1, stdout: '' });
    expect(wrong.stderr).toMatch(/notes\.txt.*\[MODEL_FORMAT\]\n$/);
    const port = await runCli(['demo', '--port', '70000']);
    expect(port).toMatchObject({ code: 2, stdout: '' });
    expect(port.stderr).toMatch(/--port must be a whole number from 0 to 65535.*\[USAGE\]\n$/);
  });

  it.skipIf(!isBuilt)('serves the page and the model until it is interrupted', async ({ skip }) => {
    skip(!isPosix, 'Windows has no SIGINT');
    const child = startCli(['demo', '--model', at('model.safetensors')]);
    const errors = text(child.stderr);
    const [line] = await once(child.stdout, 'data');
    const url = String(line).trim();
    expect(await (await fetch(url)).text()).toContain('<title>RefineDet demo</title>');
    const model = await (await fetch(`${url}models/default.safetensors`)).arrayBuffer();
    expect(Buffer.from(model).equals(readFileSync(at('model.safetensors')))).toBe(true);
    child.kill('SIGINT');
    expect(await once(child, 'close')).toEqual([0, null]);
    expect(await errors).toBe(
      'refinedet: open this address in a browser; Ctrl-C stops the server\n',
    );
  });

  it.skipIf(!isBuilt)('writes all models; the page starts with the one that is given', async () => {
    const start = async (model: string) => {
      const { code } = await runCli(['demo', '--model', model, '--out', at('start')]);
      expect(code).toBe(0);
      for (const name of MODELS) expect(existsSync(at('start', modelFile(name)))).toBe(true);
      return /^<html .*data-model="(.*)"/m.exec(
        readFileSync(at('start', 'index.html'), 'utf8'),
      )![1];
    };
    expect(await start('default')).toBe('default');
    expect(await start('nano')).toBe('nano');
    const own = readFileSync(at('start', modelFile('nano')));
    expect(own.equals(readFileSync(at('model.safetensors')))).toBe(false);
    expect(await start(at('model.safetensors'))).toBe('model.safetensors');
  });

  it.skipIf(!isBuilt)('writes static files', async () => {
    const folder = at('site');
    const flags = ['--model', at('model.safetensors'), '--out', folder];
    const { code, stdout, stderr } = await runCli(['demo', ...flags]);
    expect({ code, stdout }).toEqual({ code: 0, stdout: '' });
    expect(stderr).toMatch(/^refinedet: \d+ files written to .*site\n$/);
    expect(existsSync(at('site', 'index.html'))).toBe(true);
    const written = readFileSync(at('site', 'models', 'default.safetensors'));
    expect(written.equals(readFileSync(at('model.safetensors')))).toBe(true);
  });
});
