/** The worst errors as images. */
import { type Html, html } from '../../report/html.ts';
import { card } from '../../report/page.ts';
import type { FalsePositive, Miss } from '../analysis/error-types.ts';
import { kindName } from './charts.ts';
import { type MarkedBox, thumbnail } from './thumbnails.ts';

export async function falsePositiveCard(list: readonly FalsePositive[]): Promise<Html> {
  const shots: Html[] = [];
  for (const { image, label, score, box, kind, truth } of list) {
    const boxes: MarkedBox[] = [...(truth ? [truthBox(truth.box)] : []), { box, kind: 'detected' }];
    const reason = truth
      ? `${kindName(kind)}: ${truth.label}, IoU ${truth.iou.toFixed(2)}`
      : kindName(kind);
    shots.push(
      shot(await thumbnail(image, boxes), `${label} ${score.toFixed(2)}`, reason, image.fileName),
    );
  }
  return gallery(
    'Worst false positives',
    html`The wrong detections with the highest scores. <span class="key"></span>detected <span class="key truth"></span>true box. Sometimes the annotation is wrong.`,
    shots,
    'There are no wrong detections.',
  );
}

export async function missCard(
  list: readonly Miss[],
  score: string,
  missed: number,
): Promise<Html> {
  const shots: Html[] = [];
  for (const miss of list) {
    const { image, label, box, takenFor } = miss;
    const boxes: MarkedBox[] = [truthBox(box)];
    if (takenFor) boxes.push({ box: takenFor.box, kind: 'detected' });
    shots.push(shot(await thumbnail(image, boxes), label, missReason(miss), image.fileName));
  }
  return gallery(
    'Worst misses',
    html`${missed} true boxes without a right detection from score ${score}: boxes without any detection first, then by size. <span class="key truth"></span>missed <span class="key"></span>detected as another class.`,
    shots,
    'No boxes are missed.',
  );
}

function missReason({ score, takenFor }: Miss): string {
  if (takenFor) return `detected as ${takenFor.label} ${takenFor.score.toFixed(2)}`;
  return score === undefined ? 'no detection' : `found with score ${score.toFixed(2)} only`;
}

const truthBox = (box: MarkedBox['box']): MarkedBox => ({ box, kind: 'truth' });

function shot(image: Html, title: string, reason: string, file: string): Html {
  return html`<figure>${image}<figcaption><b>${title}</b><br>${reason}<br><span class="file">${file}</span></figcaption></figure>`;
}

function gallery(title: string, hint: Html, shots: readonly Html[], empty: string): Html {
  if (shots.length === 0) return card(title, undefined, html`<p class="hint">${empty}</p>`);
  return card(title, hint, html`<div class="shots">${shots}</div>`);
}
