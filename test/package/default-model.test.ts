import { createHash } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { boxIou } from '../../src/boxes.ts';
import { RefineDet } from '../../src/detector.ts';
import type { Compute } from '../../src/engine/engine.ts';
import { VOC_CLASSES } from '../../src/labels.ts';
import { inProcess } from '../backend/processes.ts';
import { runCli } from '../cli/helpers.ts';
import { expectRecipes } from './expect-recipes.ts';
import { ASTRONAUT_BOX, CAT_BOX } from './known-boxes.ts';

const MODEL = path('models/default.safetensors');
/** Module for `--import` that ends the program on any network request. A pipe, as tsx uses, is allowed. */
const OFFLINE = `data:text/javascript,
  import net from 'node:net';
  const { connect } = net.Socket.prototype;
  const refuse = () => process.exit(9);
  globalThis.fetch = refuse;
  net.Socket.prototype.connect = function (...to) {
    if (!to.flat()[0].path) refuse();
    return connect.apply(this, to);
  };`.replace(/\s+/g, ' ');

const detector = await RefineDet.load();
afterAll(() => detector.dispose());

describe('the default model', { timeout: 60_000 }, () => {
  it('describes itself and its provenance', () => {
    expect(detector.config).toMatchObject({
      preset: 'refinedet320-mobilenet',
      inputWidth: 320,
      inputHeight: 320,
      mean: [127.5, 127.5, 127.5],
      std: [127.5, 127.5, 127.5],
      channelOrder: 'RGB',
      classes: VOC_CLASSES,
    });
    expect(JSON.stringify(detector.config.provenance)).not.toContain('/');
  });

  it('was trained as its recipes say', () => {
    expectRecipes(detector.config, [
      ['stage-7', 'default'],
      ['stage-6', 'default'],
      ['stage-5', 'voc07-prototype.safetensors'],
      ['stage-4', 'default.safetensors'],
      ['stage-3', 'second.safetensors'],
      ['stage-2', 'best.safetensors'],
      ['stage-1', 'ssd-mobilenetv2-oid4.safetensors'],
    ]);
  });

  it('finds the cat and the astronaut in the example images', async () => {
    const [cat] = await detector.detect(path('examples/cat.jpg'));
    expect(cat).toMatchObject({ label: 'cat', classId: VOC_CLASSES.indexOf('cat') });
    expect(cat.score).toBeGreaterThan(0.8);
    expect(boxIou(cat.box, CAT_BOX)).toBeGreaterThan(0.8);
    const people = await detector.detect(path('examples/astronaut.jpg'), { classes: ['person'] });
    expect(people).toHaveLength(1);
    expect(boxIou(people[0].box, ASTRONAUT_BOX)).toBeGreaterThan(0.8);
  });

  it('is the default of the command line, and works offline', async () => {
    const env = { NODE_OPTIONS: `--import="${OFFLINE}"` };
    const args = ['detect', path('examples/cat.jpg'), '--format', 'json'];
    const asking = await runCli([...args, '--model', 'http://127.0.0.1:9/'], { env });
    expect(asking.code).toBe(9);
    const { code, stdout, stderr } = await runCli(args, { env });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const [{ detections }] = JSON.parse(stdout);
    expect(detections[0]).toMatchObject({ label: 'cat' });
    expect(boxIou(detections[0].box, CAT_BOX)).toBeGreaterThan(0.8);
  });

  it('takes a wasm heap smaller by a third or more in 8 bits than in floats', async () => {
    // One heap serves all detectors of a process, and never shrinks.
    const heapOf = async (compute: Compute) => {
      const { stdout } = await inProcess(`
        const { RefineDet } = await import('./src/detector.ts');
        const detector = await RefineDet.load('default', { compute: '${compute}', threads: 1 });
        await detector.detect('examples/cat.jpg');
        console.log(detector.compute, detector.heapBytes);
        detector.dispose();`);
      const [computed, bytes] = stdout.trim().split(' ');
      expect(computed).toBe(compute);
      return Number(bytes);
    };
    const int8 = await heapOf('int8');
    expect(int8).toBeGreaterThan(statSync(MODEL).size);
    expect(int8).toBeLessThanOrEqual((2 / 3) * (await heapOf('float32')));
  });

  it('is the one of its card, and is small', () => {
    const sha256 = createHash('sha256').update(readFileSync(MODEL)).digest('hex');
    expect(readFileSync(path('models/README.md'), 'utf8')).toContain(sha256);
    expect(statSync(MODEL).size).toBeLessThan(6e6);
  });
});

function path(file: string): string {
  return fileURLToPath(new URL(`../../${file}`, import.meta.url));
}
