import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { modelBytes } from '../../src/detection/load-model.ts';
import { listedInputs } from '../../src/fleet/input-list.ts';
import { planManifest } from '../../src/fleet/plan-run.ts';
import { compareUris, sortedInputs } from '../../src/fleet/sorted-inputs.ts';
import { collect, fleetFolder } from './helpers.ts';

let world: Awaited<ReturnType<typeof fleetFolder>>;
beforeAll(async () => {
  world = await fleetFolder();
});
afterAll(() => world.remove());

const uris = (...names: string[]) => names.map((uri) => ({ uri }));

describe('sortedInputs', () => {
  const shuffled = Array.from({ length: 1000 }, (_, i) => `s3://b/frame${(i * 617) % 1000}.jpg`);

  it.each([1, 7, 999, 1000, 5000])(
    'gives the same order with %s inputs in memory',
    async (length) => {
      const sorted = await collect(sortedInputs(uris(...shuffled, ...shuffled), length));
      expect(sorted.map(({ uri }) => uri)).toEqual(shuffled.toSorted(compareUris));
    },
  );

  it('orders numbers by value, as detect orders a folder', async () => {
    const sorted = await collect(sortedInputs(uris('b10', 'b2', 'B1', 'a01', 'a1')));
    expect(sorted.map(({ uri }) => uri)).toEqual(['a01', 'a1', 'B1', 'b2', 'b10']);
  });

  it('yields nothing for nothing', async () => {
    expect(await collect(sortedInputs([]))).toEqual([]);
  });
});

describe('planManifest', () => {
  const plan = (options = {}, inputs = uris('b.jpg', 'a.jpg')) =>
    planManifest(inputs, { dest: world.at('out'), model: world.model, ...options });

  it('names the run by the hash of all below, whatever the order of the inputs', async () => {
    const first = await plan({ shardSize: 1 });
    const [header, ...inputs] = world.lines(first.uri);
    const { run, ...settings } = JSON.parse(header);
    const content = [JSON.stringify(settings), ...inputs].map((line) => `${line}\n`).join('');
    expect(run).toBe(createHash('sha256').update(content).digest('hex').slice(0, 16));
    expect(settings).toMatchObject({ inputs: 2, shardSize: 1, version: expect.any(String) });
    expect(settings.model).toMatchObject({
      sha256: createHash('sha256').update(readFileSync(world.model)).digest('hex'),
      classes: ['ant', 'bee', 'cat'],
    });
    expect(inputs).toEqual(['{"uri":"a.jpg"}', '{"uri":"b.jpg"}']);
    expect(first).toMatchObject({ run, inputs: 2, shards: 2 });
    expect((await plan({ shardSize: 1 }, uris('a.jpg', 'b.jpg', 'a.jpg'))).run).toBe(run);
  });

  it('gives another name to other settings, sizes and inputs', async () => {
    const runs = [
      await plan(),
      await plan({ shardSize: 7 }),
      await plan({ options: { scoreThreshold: 0.3 } }),
      await plan({ inputSize: { width: 128, height: 64 } }),
      await plan({ compute: 'float32' }),
      await plan({}, [{ uri: 'a.jpg', size: 1 } as { uri: string }, { uri: 'b.jpg' }]),
      await plan({}, uris('a.jpg')),
    ].map(({ run }) => run);
    expect(new Set(runs).size).toBe(runs.length);
  });

  it.each([
    ['int8', /needs a calibrated model/],
    ['int4', /compute must be .*not "int4"/],
  ])('refuses compute %s before any work', async (compute, message) => {
    await expect(plan({ compute })).rejects.toThrow(message);
  });

  it('takes a model of the package by its name', async () => {
    const { uri } = await plan({ model: 'nano' });
    const sha256 = createHash('sha256')
      .update(await modelBytes('nano'))
      .digest('hex');
    expect(JSON.parse(world.lines(uri)[0]).model).toMatchObject({ source: 'nano', sha256 });
  });

  it('records the size and the time of files', async () => {
    const { uri } = await world.plan(world.images(1));
    expect(JSON.parse(world.lines(uri)[1])).toEqual({
      ...{ uri: world.at('photos/1.png'), size: expect.any(Number), mtime: expect.any(Number) },
    });
  });

  it('refuses wrong options, absent files and nothing before it writes', async () => {
    const options = { scoreThreshold: 2 };
    await expect(plan({ options })).rejects.toMatchObject({ code: 'INVALID_OPTION' });
    await expect(plan({ shardSize: 0 })).rejects.toMatchObject({ code: 'INVALID_OPTION' });
    await expect(plan({}, [])).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' });
    await expect(world.plan([world.at('absent.png')])).rejects.toThrow(
      /absent\.png does not exist/,
    );
    await expect(plan({ dest: '' })).rejects.toMatchObject({ code: 'INVALID_OPTION' });
    await expect(plan({ dest: `${world.model}/below` })).rejects.toMatchObject({
      code: 'FILE_WRITE',
    });
  });
});

describe('a list of inputs', () => {
  const read = (text: string) =>
    collect(
      listedInputs(
        (async function* () {
          // Pieces that end in the middle of lines and characters.
          for (const byte of Buffer.from(text)) yield Uint8Array.of(byte);
        })(),
        'the list',
      ),
    );

  it('has URIs, or objects with their size and etag', async () => {
    expect(await read('s3://b/ä.jpg\r\n\n{"uri":"x.png","size":5,"etag":"q"}\nlast.jpg')).toEqual([
      { uri: 's3://b/ä.jpg' },
      { uri: 'x.png', size: 5, etag: 'q' },
      { uri: 'last.jpg' },
    ]);
  });

  it.each(['{"size":5}', '{"uri":5}', '{"uri":"a","size":"large"}', '{uri'])(
    'refuses %s',
    async (line) => {
      await expect(read(line)).rejects.toMatchObject({ code: 'MANIFEST_FORMAT' });
    },
  );
});
