/** /openapi.json against independent tools: a generator of clients, and another validator. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import openapiTS, { astToString } from 'openapi-typescript';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Runner } from '../../src/runner/runner.ts';
import { handlerOf } from '../../src/serve/handler.ts';
import type { Handler } from '../../src/serve/index.ts';
import { form, IMAGE, post, randomRunner, SERVER } from './requests.ts';

interface Description {
  openapi: string;
  paths: Record<string, Record<string, { operationId: string }>>;
  components: { schemas: Record<string, object> };
}

let runner: Runner;
let handle: Handler;
let description: Description;
let validator: Ajv2020;
beforeAll(async () => {
  runner = await randomRunner();
  handle = handlerOf(runner);
  const answer = await handle(new Request(`${SERVER}/openapi.json`));
  description = (await answer.json()) as Description;
  validator = new Ajv2020({ strict: false });
  validator.addSchema({ $id: 'api', components: description.components });
});
afterAll(() => runner.detector.dispose());

const fits = (schema: string, value: unknown) =>
  validator.validate({ $ref: `api#/components/schemas/${schema}` }, value);

const CLIENT = `
import type { components, paths } from './api';
type Answer = paths['/v1/detect']['post']['responses'][200]['content']['application/json'];
export async function count(server: string, image: Blob, threshold: number): Promise<number> {
  const query: NonNullable<paths['/v1/detect']['post']['parameters']['query']> = { threshold };
  const response = await fetch(\`\${server}/v1/detect?threshold=\${query.threshold}\`, {
    method: 'POST',
    body: image,
  });
  const problem: components['schemas']['Problem'] | undefined = undefined;
  void problem;
  const answer = (await response.json()) as Answer;
  return answer.detections.filter(({ score, box }) => score > 0.5 && box.width > 0).length;
}
`;

describe('/openapi.json', () => {
  it('describes every route', () => {
    expect(description.openapi).toBe('3.1.0');
    expect(Object.keys(description.paths)).toEqual([
      '/v1/detect',
      '/v1/detect/batch',
      '/v1/model',
      '/v1/streams/{name}',
      '/v1/vision/detection',
      '/v1/vision/custom/{name}',
      '/healthz',
      '/readyz',
      '/metrics',
    ]);
  });

  it('gives a client that compiles', { timeout: 120_000 }, async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'refinedet-client-'));
    try {
      const types = astToString(await openapiTS(JSON.stringify(description)));
      writeFileSync(path.join(folder, 'api.ts'), types);
      writeFileSync(path.join(folder, 'client.ts'), CLIENT);
      const tsc = fileURLToPath(new URL('../../node_modules/typescript/bin/tsc', import.meta.url));
      const flags = '--strict --noEmit --target es2022 --module preserve --lib es2022,dom';
      const result = spawnSync(process.execPath, [tsc, ...flags.split(' '), 'client.ts'], {
        ...{ cwd: folder, encoding: 'utf8' },
      });
      expect(result.stdout).toBe('');
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

const settings = fc.record(
  {
    threshold: fc.double({ min: 0, max: 1, noNaN: true }),
    nms: fc.double({ min: 0, max: 1, noNaN: true }),
    maxDetections: fc.integer({ min: 1, max: 10_000 }),
    classes: fc.subarray(['ant', 'bee', 'cat'], { minLength: 1 }),
    excludeClasses: fc.subarray(['ant', 'bee'], { minLength: 1 }),
    agnostic: fc.boolean(),
    boxVoting: fc.boolean(),
    fastDecode: fc.boolean(),
  },
  { requiredKeys: [] },
);

/** Any JSON, or settings of which one has any value. */
const anySettings = fc.oneof(
  fc.jsonValue(),
  fc
    .tuple(
      settings,
      fc.constantFrom('threshold', 'nms', 'maxDetections', 'classes', 'tiles', 'x'),
      fc.jsonValue(),
    )
    .map(([good, name, value]) => ({ ...good, [name]: value })),
);

async function detect(options: unknown) {
  const answer = await handle(
    post('/v1/detect', form([IMAGE], { options: JSON.stringify(options) })),
  );
  return { status: answer.status, body: (await answer.json()) as { code?: string } };
}

describe('requests and answers fit the description', { timeout: 300_000 }, () => {
  it('every request that fits is answered as described', async () => {
    await fc.assert(
      fc.asyncProperty(settings, async (options) => {
        expect(fits('Settings', options)).toBe(true);
        const { status, body } = await detect(options);
        expect(status).toBe(200);
        expect(fits('DetectAnswer', body)).toBe(true);
      }),
      { numRuns: 40 },
    );
  });

  it('a request is refused exactly when it does not fit', async () => {
    await fc.assert(
      fc.asyncProperty(anySettings, async (options) => {
        const { status, body } = await detect(options);
        if (fits('Settings', options)) expect([200, 400]).toContain(status);
        else expect({ status, code: body.code }).toEqual({ status: 400, code: 'REQUEST_INVALID' });
        expect(fits(status === 200 ? 'DetectAnswer' : 'Problem', body)).toBe(true);
      }),
      { numRuns: 150 },
    );
  });

  it('so do the other answers', async () => {
    const answerOf = async (request: Request) => (await handle(request)).json();
    const model = await answerOf(new Request(`${SERVER}/v1/model`));
    expect(fits('ModelAnswer', model)).toBe(true);
    const images = form([IMAGE, new Uint8Array(3)]);
    expect(fits('BatchAnswer', await answerOf(post('/v1/detect/batch', images)))).toBe(true);
    for (const parts of [form([IMAGE], { min_confidence: '0.1' }), form([])]) {
      const answer = await answerOf(post('/v1/vision/detection', parts));
      expect(fits('DeepStackAnswer', answer)).toBe(true);
    }
    expect(fits('StatusAnswer', await answerOf(new Request(`${SERVER}/healthz`)))).toBe(true);
    expect(fits('Problem', await answerOf(new Request(`${SERVER}/x`)))).toBe(true);
  });
});
