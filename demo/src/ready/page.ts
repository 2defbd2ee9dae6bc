/** A page in one file that runs the model inside it: on images, and on the camera where pages may use it. */
import { type Detection, RefineDet } from 'refinedet';
import { classColor, textColor } from '../../../src/image/colors.ts';
import { byId, setText } from '../dom.ts';

const canvas = byId<HTMLCanvasElement>('canvas');
const context = canvas.getContext('2d')!;
const video = document.createElement('video');
Object.assign(video, { muted: true, playsInline: true });

function embeddedModel(): Uint8Array {
  const text = atob(byId('model').textContent.trim());
  return Uint8Array.from(text, (char) => char.charCodeAt(0));
}

function draw(image: ImageBitmap | HTMLVideoElement, found: readonly Detection[]): void {
  const isVideo = 'videoWidth' in image;
  canvas.width = isVideo ? image.videoWidth : image.width;
  canvas.height = isVideo ? image.videoHeight : image.height;
  context.drawImage(image, 0, 0);
  const line = Math.max(2, canvas.width / 300);
  context.lineWidth = line;
  context.font = `600 ${7 * line}px system-ui, sans-serif`;
  for (const { label, classId, score, box } of found) {
    const color = classColor(classId);
    const text = `${label} ${Math.round(100 * score)} %`;
    context.strokeStyle = context.fillStyle = `rgb(${color.join(' ')})`;
    context.strokeRect(box.x, box.y, box.width, box.height);
    context.fillRect(box.x, box.y, context.measureText(text).width + 4 * line, 9 * line);
    context.fillStyle = `rgb(${textColor(color).join(' ')})`;
    context.fillText(text, box.x + 2 * line, box.y + 7 * line);
  }
  const labels = found.map(({ label, score }) => `${label} ${Math.round(100 * score)} %`);
  setText(byId('found'), labels.join(', ') || 'Nothing found');
}

async function start(): Promise<void> {
  const detector = await RefineDet.load(embeddedModel(), { threads: 1 });
  setText(byId('found'), `Finds ${detector.classes.join(', ')}`);
  document.body.dataset['ready'] = 'true';
  byId<HTMLInputElement>('file').addEventListener('change', async ({ target }) => {
    const file = (target as HTMLInputElement).files?.[0];
    if (!file) return;
    const image = await createImageBitmap(file);
    draw(image, await detector.detect(image));
  });
  byId('camera').addEventListener('click', async () => {
    video.srcObject = await navigator.mediaDevices.getUserMedia({ video: true });
    await video.play();
    for await (const { detections } of detector.stream(video)) draw(video, detections);
  });
}

byId('camera').hidden = !navigator.mediaDevices;
start().catch((error: Error) => setText(byId('found'), error.message));
