/** Media types in headers. */

import type { Context } from 'hono';
import { accepts } from 'hono/accepts';

/** `image/jpeg; q=1` → `image/jpeg` */
export function mediaTypeOf(header: string | null): string {
  return (header ?? '').split(';')[0].trim().toLowerCase();
}

/** Types of an answer; the first is the default. */
const ANSWERS = ['application/json', 'image/jpeg', 'image/png'] as const;

/** Type of the answer that the client likes best. */
export function answerType(context: Context): (typeof ANSWERS)[number] {
  const match = accepts(context, {
    header: 'Accept',
    supports: [...ANSWERS],
    default: ANSWERS[0],
  });
  return ANSWERS.find((type) => type === match) ?? ANSWERS[0];
}
