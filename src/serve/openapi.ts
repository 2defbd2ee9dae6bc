/** /openapi.json (OpenAPI 3.1), from the routes and the schemas that requests are validated with. */
import type { TSchema } from 'typebox';
import type { BodyKind, Route } from './route.ts';
import { ROUTES } from './routes.ts';
import { SCHEMAS, Settings } from './schemas.ts';

const ref = (name: string) => ({ $ref: `#/components/schemas/${name}` });
const file = { type: 'string', contentMediaType: 'application/octet-stream' };
const form = (properties: object, required: readonly string[]) => ({
  'multipart/form-data': {
    schema: { type: 'object', properties, required, additionalProperties: false },
    encoding: { image: { contentType: 'image/jpeg, image/png, image/webp' } },
  },
});

const settingsPart = { options: ref('Settings') };

const BODIES: Record<BodyKind, object> = {
  image: {
    ...Object.fromEntries(
      ['image/jpeg', 'image/png', 'image/webp', 'application/octet-stream'].map((type) => [
        type,
        { schema: {} },
      ]),
    ),
    ...form({ image: file, ...settingsPart }, ['image']),
    'application/json': { schema: ref('UrlRequest') },
  },
  images: form({ image: { type: 'array', items: file, minItems: 1 }, ...settingsPart }, ['image']),
  deepstack: form(
    {
      image: file,
      min_confidence: { type: 'number', minimum: 0, maximum: 1 },
      api_key: { type: 'string' },
    },
    ['image'],
  ),
};

/** Bodies whose settings may be in the query. */
const WITH_QUERY: ReadonlySet<BodyKind | undefined> = new Set(['image', 'images']);

/** @param version of the package */
export function openApi(version: string, hasTokens: boolean): object {
  const paths: Record<string, Record<string, object>> = {};
  for (const route of ROUTES.filter(({ isHidden }) => !isHidden)) {
    const path = route.path.replace(/:(\w+)/g, '{$1}');
    paths[path] = { ...paths[path], [route.method]: operation(route, hasTokens) };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'refinedet',
      version,
      description: 'Object detection with RefineDet.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: './' }],
    paths,
    components: {
      schemas: SCHEMAS,
      ...(hasTokens ? { securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } } } : {}),
    },
  };
}

function operation(route: Route, hasTokens: boolean): object {
  const { method, path, summary, body, answer, isPublic } = route;
  const parameters = [
    ...[...path.matchAll(/:(\w+)/g)].map(([, name]) => ({
      ...{ name, in: 'path', required: true, schema: { type: 'string' } },
    })),
    ...(WITH_QUERY.has(body) ? queryParameters() : []),
  ];
  return {
    operationId: operationId(method, path),
    summary,
    ...(parameters.length > 0 ? { parameters } : {}),
    ...(body ? { requestBody: { required: true, content: BODIES[body] } } : {}),
    responses: {
      200: { description: 'The result.', content: answerContent(answer, body) },
      ...statusAnswers(route),
      default: failure(answer),
    },
    security: hasTokens && !isPublic ? [{ bearer: [] }] : [],
  };
}

function queryParameters(): object[] {
  return Object.entries(
    Settings.properties as Record<string, TSchema & { description?: string }>,
  ).map(([name, schema]) => ({
    ...{ name, in: 'query', required: false, description: schema.description, schema },
    // a,b,c
    ...('items' in schema ? { style: 'form', explode: false } : {}),
  }));
}

function answerContent(answer: string, body: BodyKind | undefined): object {
  if (!Object.hasOwn(SCHEMAS, answer)) return { [answer]: { schema: { type: 'string' } } };
  const annotated = { schema: {} };
  return {
    'application/json': { schema: ref(answer) },
    ...(body === 'image' ? { 'image/jpeg': annotated, 'image/png': annotated } : {}),
  };
}

function statusAnswers({ statuses = {}, answer, body }: Route): object {
  return Object.fromEntries(
    Object.entries(statuses).map(([status, description]) => [
      status,
      { description, content: answerContent(answer, body) },
    ]),
  );
}

function failure(answer: string): object {
  const content =
    answer === 'DeepStackAnswer'
      ? { 'application/json': { schema: ref(answer) } }
      : { 'application/problem+json': { schema: ref('Problem') } };
  return { description: 'The request failed.', content };
}

/** `postV1DetectBatch` */
function operationId(method: string, path: string): string {
  const words = path.split(/[^a-z0-9]+/i).filter((word) => word !== '');
  return method + words.map((word) => word[0].toUpperCase() + word.slice(1)).join('');
}
