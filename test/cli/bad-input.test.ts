/** Bad images, model files and URLs end in one sentence with one code, and nothing is written. */
import { once } from 'node:events';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pickle, global as pickleGlobal } from '../weights/pickle-writer.ts';
import { CAT, FAILURE_LINE, runCli, temporaryFolder, writeRandomModel } from './helpers.ts';

const { folder, at, remove } = temporaryFolder();
const server = createServer((request, response) => {
  const pages: Record<string, [status: number, type: string, body: Uint8Array | string]> = {
    '/cat.jpg': [200, 'image/jpeg', readFileSync(CAT)],
    '/app/': [200, 'text/html', '<!doctype html>'],
  };
  const [status, type, body] = pages[request.url ?? ''] ?? [404, 'text/plain', 'gone'];
  response.writeHead(status, { 'content-type': type }).end(body);
});
let origin: string;

beforeAll(async () => {
  await writeRandomModel(at('model.safetensors'));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.close();
  remove();
});

/** Start of a PNG of 20,000 × 20,000 pixels. */
function hugePng(): Uint8Array {
  const header = Buffer.alloc(33);
  header.set([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 13]);
  header.write('IHDR', 12);
  header.writeUInt32BE(20_000, 16);
  header.writeUInt32BE(20_000, 20);
  header.set([8, 2, 0, 0, 0], 24);
  return header;
}

describe('bad images', () => {
  it('are reported one by one and do not stop the good ones', async () => {
    const files: [name: string, content: Uint8Array | string, code: string][] = [
      ['empty.jpg', '', 'IMAGE_EMPTY'],
      ['truncated.jpg', readFileSync(CAT).subarray(0, 9000), 'IMAGE_CORRUPT'],
      ['text.png', 'not an image', 'IMAGE_FORMAT'],
      ['huge.png', hugePng(), 'IMAGE_TOO_LARGE'],
    ];
    for (const [name, content] of files) writeFileSync(at(name), content);
    const urls = [
      [`${origin}/none.jpg`, 'FETCH_FAILED'],
      [`${origin}/app/`, 'FETCH_FAILED'],
    ];
    const names = [...files.map(([name]) => name), ...urls.map(([url]) => url)];
    const inputs = [...names, `${origin}/cat.jpg`];
    const flags = [
      '--model',
      'model.safetensors',
      '--out',
      'results',
      '--save',
      'saved',
      '--quiet',
    ];
    const { code, stdout, stderr } = await runCli(['detect', ...inputs, ...flags], { cwd: folder });
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    const lines = stderr.trimEnd().split('\n');
    const expected = [...files.map(([name, , error]) => [name, error]), ...urls];
    expect(lines).toHaveLength(expected.length);
    for (const [i, [name, error]] of expected.entries()) {
      expect(`${lines[i]}\n`).toMatch(FAILURE_LINE);
      expect(lines[i]).toContain(name);
      expect(lines[i].endsWith(`[${error}]`)).toBe(true);
    }
    expect(readdirSync(at('results'))).toEqual(['cat.json']);
    expect(readdirSync(at('saved'))).toEqual(['cat.detected.jpg']);
  });
});

describe('bad model files', () => {
  const model = (length: number) => readFileSync(at('model.safetensors')).subarray(0, length);
  it.each<[name: string, content: () => Uint8Array | string, code: string]>([
    ['zero.safetensors', () => '', 'MODEL_EMPTY'],
    ['cut.safetensors', () => model(100_000), 'MODEL_CORRUPT'],
    ['foreign.safetensors', () => readFileSync(CAT), 'MODEL_FORMAT'],
  ])('%s cannot be detected with', async (name, content, expected) => {
    writeFileSync(at(name), content());
    const { code, stdout, stderr } = await runCli(['detect', CAT, '--model', at(name)]);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(FAILURE_LINE);
    expect(stderr).toContain(at(name));
    expect(stderr).toContain(`[${expected}]`);
  });

  it('a pickle that would run a program is refused by name, and nothing is written', async () => {
    writeFileSync(at('evil.pth'), pickle(pickleGlobal('os', 'system')));
    const flags = ['--preset', 'refinedet320-vgg16', '--classes', 'voc'];
    const args = ['convert', 'evil.pth', 'evil.safetensors', ...flags];
    const { code, stderr } = await runCli(args, { cwd: folder });
    expect(code).toBe(1);
    expect(stderr).toMatch(FAILURE_LINE);
    expect(stderr).toMatch(/evil\.pth: .*os\.system.*\[PICKLE_FORBIDDEN\]/);
    expect(readdirSync(folder)).not.toContain('evil.safetensors');
  });
});
