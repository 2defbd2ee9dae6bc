/** Requests of tests, and a runner whose detections a test controls. */
import { readFileSync } from 'node:fs';
import { RefineDet } from '../../src/index.ts';
import type { Runner } from '../../src/runner/runner.ts';
import { runnerOf } from '../../src/runner/runner.ts';
import { randomModel } from '../../support/models/random-model.ts';
import { CAT } from '../cli/helpers.ts';

export const IMAGE = readFileSync(CAT);
export const SERVER = 'http://server.test';

/** A detector with random weights; its classes are ant, bee and cat. */
export async function randomRunner(): Promise<Runner> {
  return runnerOf(await RefineDet.load(randomModel(64), { threads: 1 }));
}

export function post(
  path: string,
  body: BodyInit | Buffer | null,
  headers: Record<string, string> = {},
): Request {
  return new Request(SERVER + path, { method: 'POST', body: body as BodyInit, headers });
}

/** A form with files called `image` and with texts. */
export function form(
  images: readonly Uint8Array[],
  fields: Readonly<Record<string, string>> = {},
): FormData {
  const parts = new FormData();
  for (const [name, text] of Object.entries(fields)) parts.append(name, text);
  for (const bytes of images)
    parts.append('image', new File([bytes as Uint8Array<ArrayBuffer>], 'a.jpg'));
  return parts;
}

export const jsonOf = async (answer: Response) => (await answer.json()) as Record<string, unknown>;
