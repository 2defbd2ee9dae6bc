/** The routes: what each does, and what /openapi.json says about it. */
import { customList, visionDetection } from './deepstack.ts';
import type { DetectionService } from './detection-service.ts';
import { readImageRequest } from './image-requests.ts';
import { answerType } from './media-type.ts';
import { ServeError } from './problems.ts';
import type { Route, RouteContext } from './route.ts';
import type { ModelAnswer } from './schemas.ts';

const json = (value: unknown, status = 200): Response =>
  new Response(JSON.stringify(value), {
    status,
    headers: { 'content-type': 'application/json' },
  });

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
      const limits = service.limits(call, service.options.maxImages);
      const { images, settings, release } = await readImageRequest(request, limits);
      try {
        return json({ results: await service.detectBatch(call, images, settings) });
      } finally {
        release();
      }
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
    method: 'post',
    path: '/v1/vision/detection',
    summary: 'Detect objects, with the fields of DeepStack.',
    body: 'deepstack',
    answer: 'DeepStackAnswer',
    checksToken: true,
    handle: visionDetection,
  },
  ...(['get', 'post'] as const).map(
    (method): Route => ({
      method,
      path: '/v1/vision/custom/list',
      summary: 'List the models, as CodeProject.AI does.',
      answer: 'application/json',
      checksToken: true,
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
    handle: visionDetection,
  },
  {
    method: 'get',
    path: '/healthz',
    summary: 'Say that the server runs.',
    answer: 'StatusAnswer',
    isPublic: true,
    handle: async () => json({ status: 'ok' }),
  },
  {
    method: 'get',
    path: '/readyz',
    summary: 'Say whether new requests are welcome: 503 while the server stops.',
    answer: 'StatusAnswer',
    isPublic: true,
    handle: async ({ options }) =>
      options.isReady() ? json({ status: 'ready' }) : json({ status: 'stopping' }, 503),
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
  const { images, settings, release } = await readImageRequest(request, service.limits(call, 1));
  try {
    const annotate =
      type === 'application/json' ? undefined : type === 'image/png' ? 'png' : 'jpeg';
    const { annotated, ...finding } = await service.detect(call, images[0], settings, annotate);
    if (!annotated) return json(finding);
    return new Response(annotated as Uint8Array<ArrayBuffer>, {
      headers: { 'content-type': type },
    });
  } finally {
    release();
  }
}

function describeModel({ runner: { detector }, options }: DetectionService): ModelAnswer {
  const { preset, inputWidth, inputHeight } = detector.config;
  return {
    name: options.name,
    preset: preset ?? null,
    inputSize: { width: inputWidth, height: inputHeight },
    classes: [...detector.classes],
    backend: detector.backend,
    threads: detector.threads,
  };
}

/** @throws NOT_FOUND */
export function noSuchRoute(path: string): never {
  throw new ServeError('NOT_FOUND', `there is nothing at ${JSON.stringify(path.slice(0, 200))}`);
}
