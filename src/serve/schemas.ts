/**
 * Shapes of requests and answers as JSON schemas: the server validates with them, and /openapi.json
 * contains them.
 */
import Type, { type Static, type TSchema } from 'typebox';

const closed = { additionalProperties: false };

/** Smaller tiles would make a single request cost thousands of runs of the network. */
const LEAST_TILE = 256;

const fraction = (description: string) => Type.Number({ minimum: 0, maximum: 1, description });
const names = (description: string) =>
  Type.Array(Type.String({ minLength: 1 }), { minItems: 1, description });

/** Settings of one detection, in the query or in a JSON part; absent ones have the model's defaults. */
export const Settings = Type.Object(
  {
    threshold: Type.Optional(fraction('Lowest score of a reported object; default 0.5.')),
    nms: Type.Optional(fraction('Drop objects that overlap a better one by more; default 0.45.')),
    maxDetections: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 10_000, description: 'Most objects per image.' }),
    ),
    classes: Type.Optional(names('Report only these classes; default: all.')),
    excludeClasses: Type.Optional(names('Report all but these classes.')),
    agnostic: Type.Optional(
      Type.Boolean({ description: 'Let objects of different classes suppress each other.' }),
    ),
    boxVoting: Type.Optional(
      Type.Boolean({
        description:
          "Replace each box by the mean of itself and the candidates that overlap it; default: the model's.",
      }),
    ),
    tiles: Type.Optional(
      Type.Union([Type.Boolean(), Type.Integer({ minimum: LEAST_TILE, maximum: 100_000 })], {
        description: 'Overlapping tiles, for large images with small objects: true or a side.',
      }),
    ),
    multiScale: Type.Optional(
      Type.Boolean({ description: 'Multi-scale testing: slower, more accurate.' }),
    ),
    fastDecode: Type.Optional(
      Type.Boolean({ description: 'Decode large JPEG files to fewer pixels: faster, blurred.' }),
    ),
  },
  { ...closed, description: 'Settings of one detection.' },
);
export type Settings = Static<typeof Settings>;

/** A request by address, where the server allows it. */
export const UrlRequest = Type.Object(
  {
    url: Type.String({ minLength: 1, maxLength: 2048, description: 'http: or https: address.' }),
    options: Type.Optional(Settings),
  },
  closed,
);

const Box = Type.Object(
  { x: Type.Number(), y: Type.Number(), width: Type.Number(), height: Type.Number() },
  { ...closed, description: 'Left, top, width and height in pixels of the upright image.' },
);

const Found = Type.Object(
  {
    label: Type.String(),
    classId: Type.Integer({ minimum: 0 }),
    score: Type.Number({ minimum: 0, maximum: 1 }),
    box: Box,
  },
  closed,
);

/** Answer for one image. */
const DetectAnswer = Type.Object(
  {
    width: Type.Integer({ minimum: 1, description: 'Pixels, the image upright.' }),
    height: Type.Integer({ minimum: 1 }),
    detections: Type.Array(Found, { description: 'Best first.' }),
  },
  closed,
);

/** Problem details, RFC 9457, with the code of the error. */
export const Problem = Type.Object(
  {
    type: Type.String({ description: 'about:blank: the code below says what happened.' }),
    title: Type.String(),
    status: Type.Integer({ minimum: 400, maximum: 599 }),
    detail: Type.String({ description: 'One sentence with the offending value.' }),
    code: Type.String({ description: 'Stable code of the error.' }),
    requestId: Type.String(),
  },
  { ...closed, description: 'Problem details, RFC 9457.' },
);
export type Problem = Static<typeof Problem>;

/** Data of the event `detections` of a stream: what `refinedet detect` writes about a frame. */
const StreamFrame = Type.Object(
  {
    source: Type.String({ description: 'Name of the stream.' }),
    frame: Type.Integer({ minimum: 0, description: 'Number of the frame; gaps were left out.' }),
    time: Type.Number({ description: 'Milliseconds since the first frame.' }),
    width: Type.Integer({ minimum: 1 }),
    height: Type.Integer({ minimum: 1 }),
    detections: Type.Array(
      Type.Object(
        {
          ...Found.properties,
          trackId: Type.Optional(Type.Integer({ minimum: 1, description: 'Id of the object.' })),
        },
        closed,
      ),
      { description: 'Best first.' },
    ),
  },
  { ...closed, description: 'Data of the event "detections".' },
);

/** Data of the event `error` of a stream. */
const StreamError = Type.Object(
  {
    code: Type.String({ description: 'Stable code of the error.' }),
    message: Type.String(),
    retrySeconds: Type.Optional(
      Type.Number({ description: 'Time until the source is opened again; absent at the end.' }),
    ),
  },
  { ...closed, description: 'Data of the event "error".' },
);
export type StreamError = Static<typeof StreamError>;

/** Answer of a batch: one entry for each image, in the order of the parts. */
const BatchAnswer = Type.Object(
  {
    results: Type.Array(Type.Union([DetectAnswer, Type.Object({ error: Problem }, closed)])),
  },
  closed,
);

export const ModelAnswer = Type.Object(
  {
    name: Type.String(),
    preset: Type.Union([Type.String(), Type.Null()]),
    inputSize: Type.Object(
      { width: Type.Integer(), height: Type.Integer() },
      { ...closed, description: 'Input of the network in pixels.' },
    ),
    classes: Type.Array(Type.String(), { description: 'classId is the index.' }),
    backend: Type.String(),
    compute: Type.String({
      description: 'Numbers that the network computes with: float32 or int8.',
    }),
    threads: Type.Integer({ minimum: 0 }),
  },
  closed,
);
export type ModelAnswer = Static<typeof ModelAnswer>;

const StatusAnswer = Type.Object({ status: Type.String() }, closed);

const Prediction = Type.Object(
  {
    label: Type.String(),
    confidence: Type.Number({ minimum: 0, maximum: 1 }),
    x_min: Type.Integer(),
    y_min: Type.Integer(),
    x_max: Type.Integer(),
    y_max: Type.Integer(),
  },
  closed,
);

/** Answer of the routes of DeepStack. */
export const DeepStackAnswer = Type.Object(
  {
    success: Type.Boolean(),
    predictions: Type.Array(Prediction),
    duration: Type.Optional(Type.Number({ description: 'Seconds.' })),
    error: Type.Optional(Type.String()),
    code: Type.Optional(Type.Integer({ description: 'Status of a failure.' })),
  },
  closed,
);
export type DeepStackAnswer = Static<typeof DeepStackAnswer>;

/** Schemas by their name in /openapi.json. */
export const SCHEMAS: Readonly<Record<string, TSchema>> = {
  Settings,
  UrlRequest,
  DetectAnswer,
  BatchAnswer,
  ModelAnswer,
  StatusAnswer,
  StreamFrame,
  StreamError,
  DeepStackAnswer,
  Problem,
};
