/**
 * Routes with the fields of DeepStack (docs.deepstack.cc/object-detection), which clients such as Frigate,
 * Blue Iris and Agent DVR know.
 */

import { Tokens } from './authorize.ts';
import type { DetectionService } from './detection-service.ts';
import { bytesOfFile } from './image-requests.ts';
import { mediaTypeOf } from './media-type.ts';
import { readParts } from './parts.ts';
import { problemOf, ServeError } from './problems.ts';
import { readBody } from './read-body.ts';
import type { RouteContext } from './route.ts';
import type { DeepStackAnswer } from './schemas.ts';
import { checkedSettings } from './settings.ts';

/** DeepStack's own default. */
const MIN_CONFIDENCE = 0.4;

/** Answers failures in DeepStack's form too. */
export async function visionDetection(
  service: DetectionService,
  given: RouteContext,
): Promise<Response> {
  try {
    service.admission.check();
    return answer(200, await detect(service, given));
  } catch (thrown) {
    const error = given.call.failure(thrown);
    given.call.error = error;
    const { status, detail, code } = problemOf(error, given.call.id);
    const headers = error instanceof ServeError ? error.headers : {};
    const failure = { success: false, predictions: [], error: `${detail} [${code}]`, code: status };
    return answer(status, failure, headers);
  }
}

/** The models that /v1/vision/custom/NAME knows, in the form of CodeProject.AI. */
export async function customList(
  service: DetectionService,
  { request }: RouteContext,
): Promise<Response> {
  new Tokens(service.options.tokens).check(request.headers.get('authorization'));
  const list = { success: true, models: [service.options.name] };
  return new Response(JSON.stringify(list), { headers: { 'content-type': 'application/json' } });
}

async function detect(
  service: DetectionService,
  { call, context, request }: RouteContext,
): Promise<DeepStackAnswer> {
  const name = context.req.param('name');
  if (name !== undefined && name !== service.options.name) {
    const message = `there is no model ${JSON.stringify(name.slice(0, 80))}: the server has "${service.options.name}"`;
    throw new ServeError('NOT_FOUND', message);
  }
  const contentType = request.headers.get('content-type');
  if (mediaTypeOf(contentType) !== 'multipart/form-data') {
    throw new ServeError('REQUEST_INVALID', 'send the image as the part "image" of a form');
  }
  const { bytes, release } = await readBody(request, service.limits(call, 1));
  try {
    const parts = await readParts(bytes, contentType!);
    checkToken(service, request, parts);
    const image = parts.get('image');
    if (image === null || typeof image === 'string') {
      throw new ServeError('REQUEST_INVALID', 'the form has no file with the name "image"');
    }
    const settings = checkedSettings({ threshold: minConfidence(parts) });
    const { detections } = await service.detect(call, await bytesOfFile(image), settings);
    const predictions = detections.map(({ label, score, box: { x, y, width, height } }) => ({
      label,
      confidence: score,
      x_min: Math.round(x),
      y_min: Math.round(y),
      x_max: Math.round(x + width),
      y_max: Math.round(y + height),
    }));
    return { success: true, predictions, duration: Math.round(call.seconds * 1000) / 1000 };
  } finally {
    release();
  }
}

function minConfidence(parts: FormData): number {
  const text = parts.get('min_confidence') ?? parts.get('min_confidence'.toUpperCase());
  return typeof text === 'string' && text.trim() !== '' ? Number(text) : MIN_CONFIDENCE;
}

/** DeepStack's clients send their key as the field `api_key`. */
function checkToken(service: DetectionService, request: Request, parts: FormData): void {
  const tokens = new Tokens(service.options.tokens);
  const key = parts.get('api_key');
  if (typeof key === 'string' && tokens.knows(key)) return;
  tokens.check(request.headers.get('authorization'));
}

function answer(
  status: number,
  value: DeepStackAnswer,
  headers: Readonly<Record<string, string>> = {},
): Response {
  return new Response(JSON.stringify(value), {
    status,
    headers: { 'content-type': 'application/json', ...headers },
  });
}
