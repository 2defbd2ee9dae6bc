/**
 * Routes with the fields of DeepStack (docs.deepstack.cc/object-detection), which clients such as Frigate,
 * Blue Iris and Agent DVR know.
 */

import { show } from '../option-checks.ts';
import { json } from './answers.ts';
import type { DetectionService } from './detection-service.ts';
import { readForm } from './form-parts.ts';
import { mediaTypeOf } from './media-type.ts';
import { ServeError } from './problems.ts';
import { readBody } from './read-body.ts';
import type { RouteContext } from './route.ts';
import type { DeepStackAnswer } from './schemas.ts';

/** The default that DeepStack documents. */
const MIN_CONFIDENCE = 0.45;
/** `api_key` holds the token; the others mean nothing to one detector and are ignored. */
const FIELDS = ['min_confidence', 'api_key', 'admin_key', 'return_crops'];

/** Answers failures in DeepStack's form too. */
export async function visionDetection(
  service: DetectionService,
  given: RouteContext,
): Promise<Response> {
  return json(await detect(service, given));
}

export function visionFailure(
  service: DetectionService,
  { call }: Pick<RouteContext, 'call'>,
  error: unknown,
): Response {
  const { status, detail, code } = service.problem(error, call);
  const failure: DeepStackAnswer = {
    success: false,
    predictions: [],
    error: `${detail} [${code}]`,
    code: status,
  };
  return json(failure, status, error instanceof ServeError ? error.headers : {});
}

/** The models that /v1/vision/custom/NAME knows, in the form of CodeProject.AI. */
export async function customList({ options }: DetectionService): Promise<Response> {
  return json({ success: true, models: [options.name] });
}

async function detect(
  service: DetectionService,
  { call, context, request }: RouteContext,
): Promise<DeepStackAnswer> {
  const authorization = request.headers.get('authorization');
  const isKnown = service.tokens.isOpen || authorization !== null;
  if (isKnown) service.tokens.check(authorization);
  service.admission.check();
  const name = context.req.param('name');
  if (name !== undefined && name !== service.options.name) {
    const known = `the server has "${service.options.name}"`;
    const message = `unknown model ${JSON.stringify(name.slice(0, 80))}: ${known}`;
    throw new ServeError('NOT_FOUND', message);
  }
  const contentType = request.headers.get('content-type') ?? '';
  if (mediaTypeOf(contentType) !== 'multipart/form-data') {
    throw new ServeError('REQUEST_INVALID', 'send the image as the part "image" of a form');
  }
  const body = await readBody(request, service.limits(call, 1, isKnown));
  try {
    const { images, texts } = readForm(body.bytes, contentType, { names: FIELDS, maxImages: 1 });
    if (!isKnown) service.tokens.check(`Bearer ${texts.get('api_key') ?? ''}`);
    const settings = { threshold: minConfidence(texts.get('min_confidence')) };
    const { detections } = await service.detect(call, images[0], settings);
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
    body.release();
  }
}

/** @throws REQUEST_INVALID */
function minConfidence(text = ''): number {
  const number = text.trim() === '' ? MIN_CONFIDENCE : Number(text);
  if (number >= 0 && number <= 1) return number;
  const message = `min_confidence must be a number from 0 to 1, not ${show(text)}`;
  throw new ServeError('REQUEST_INVALID', message);
}
