/** The routes: what each does, and what /openapi.json says about it. */
import { show } from '../option-checks.ts';
import { json } from './answers.ts';
import { customList, visionDetection, visionFailure } from './deepstack.ts';
import type { DetectionService } from './detection-service.ts';
import { withImages } from './image-requests.ts';
import { answerType } from './media-type.ts';
import { ServeError } from './problems.ts';
import type { Route, RouteContext } from './route.ts';
import type { ModelAnswer } from './schemas.ts';

export const ROUTES: readonly Route[] = [
  {
    method: 'post',
    path: '/v1/detect',
    summary: 'Detect objects in one image; Accept: image/jpeg answers the annotated image.',
    body: 'image',
    answer: 'DetectAnswer',
    handle: detectOne,
  },
  {
    method: 'post',
    path: '/v1/detect/batch',
    summary: 'Detect objects in several images, the parts "image" of a form.',
    body: 'images',
    answer: 'BatchAnswer',
    async handle(service, { call, request }) {
      service.admission.check();
      const most = Math.min(service.options.maxImages, service.admission.most);
      return withImages(request, service.limits(call, most), async ({ images, settings }) =>
        json({ results: await service.detectBatch(call, images, settings) }),
      );
    },
  },
  {
    method: 'get',
    path: '/v1/model',
    summary: 'Describe the model.',
    answer: 'ModelAnswer',
    handle: async (service) => json(describeModel(service)),
  },
  {
    method: 'get',
    path: '/v1/streams/:name',
    summary:
      'Follow a stream: server-sent events "detections" (StreamFrame), "error" (StreamError) and "end".',
    answer: 'text/event-stream',
    handle: listen,
  },
  {
    method: 'post',
    path: '/v1/vision/detection',
    summary: 'Detect objects, with the fields of DeepStack.',
    body: 'deepstack',
    answer: 'DeepStackAnswer',
    checksToken: true,
    failure: visionFailure,
    handle: visionDetection,
  },
  ...(['get', 'post'] as const).map(
    (method): Route => ({
      method,
      path: '/v1/vision/custom/list',
      summary: 'List the models, as CodeProject.AI does.',
      answer: 'application/json',
      isHidden: true,
      handle: customList,
    }),
  ),
  {
    method: 'post',
    path: '/v1/vision/custom/:name',
    summary: 'Detect objects with the model of this name, with the fields of DeepStack.',
    body: 'deepstack',
    answer: 'DeepStackAnswer',
    checksToken: true,
    failure: visionFailure,
    handle: visionDetection,
  },
  {
    method: 'get',
    path: '/healthz',
    summary: 'Say whether the server works.',
    answer: 'StatusAnswer',
    isPublic: true,
    statuses: { 503: 'No worker is alive.' },
    handle: async ({ isAlive }) =>
      isAlive ? json({ status: 'ok' }) : json({ status: 'no worker is alive' }, 503),
  },
  {
    method: 'get',
    path: '/readyz',
    summary: 'Say whether new requests are welcome.',
    answer: 'StatusAnswer',
    isPublic: true,
    statuses: { 503: 'The server stops, or no worker is alive.' },
    handle: async ({ options, isAlive }) =>
      options.isReady() && isAlive ? json({ status: 'ready' }) : json({ status: 'not ready' }, 503),
  },
  {
    method: 'get',
    path: '/metrics',
    summary: 'Metrics in the text format of Prometheus.',
    answer: 'text/plain',
    handle: ({ metrics }) => metrics.answer(),
  },
];

async function detectOne(
  service: DetectionService,
  { call, context, request }: RouteContext,
): Promise<Response> {
  service.admission.check(); // before the body is read
  const type = answerType(context);
  return withImages(request, service.limits(call, 1), async ({ images: [image], settings }) => {
    const annotate = FORMATS[type];
    const { annotated, ...finding } = await service.detect(call, image, settings, annotate);
    if (!annotated) return json(finding);
    const body = annotated as Uint8Array<ArrayBuffer>;
    return new Response(body, { headers: { 'content-type': type } });
  });
}

/** @throws NOT_FOUND, OVERLOADED */
async function listen(
  { options, streams }: DetectionService,
  { context }: RouteContext,
): Promise<Response> {
  const name = context.req.param('name') ?? '';
  const stream = streams.get(name);
  if (!stream) {
    const known = [...streams.keys()].join(', ') || 'none';
    const message = `unknown stream ${show(name)}; the streams of this server: ${known}`;
    throw new ServeError('NOT_FOUND', message);
  }
  if (options.signal?.aborted) {
    throw new ServeError('OVERLOADED', 'the server stops', { 'retry-after': '10' });
  }
  return new Response(stream.listen(), {
    // nginx passes events on at once.
    headers: { 'content-type': 'text/event-stream', 'x-accel-buffering': 'no' },
  });
}

/** Format of the annotated image by the type of the answer. */
const FORMATS = {
  'application/json': undefined,
  'image/jpeg': 'jpeg',
  'image/png': 'png',
} as const;

function describeModel({ runner: { detector }, options }: DetectionService): ModelAnswer {
  const { preset, inputWidth, inputHeight } = detector.config;
  return {
    name: options.name,
    preset: preset ?? null,
    inputSize: { width: inputWidth, height: inputHeight },
    classes: [...detector.classes],
    backend: detector.backend,
    compute: detector.compute,
    threads: detector.threads,
  };
}

/** @throws NOT_FOUND */
export function noSuchRoute(path: string): never {
  throw new ServeError('NOT_FOUND', `there is nothing at ${JSON.stringify(path.slice(0, 200))}`);
}
