/** The labels of the project as the data of a run. */
import { DEFAULT_MODEL } from '../../../../src/packaged-models.ts';
import { modelUrl } from '../../../../src/platform/model-urls.ts';
import type { Session } from '../store/session.ts';
import type { RunData, RunImage } from './task.ts';

/** Images that count, with their files: those with boxes, and those that are done without one. */
export async function collectRun(session: Session): Promise<{ data: RunData; files: Blob[] }> {
  await session.settled();
  const classes = [...session.classes];
  const images: RunImage[] = [];
  const files: Blob[] = [];
  for (const { name, state } of session.images) {
    if (state === 'new') continue;
    const { labels } = await session.store.read(name);
    const file = await session.store.image(name);
    const bitmap = await createImageBitmap(file);
    const { width, height } = bitmap;
    bitmap.close();
    const boxes = labels.boxes.flatMap(({ label, box, difficult }) => {
      const classId = classes.indexOf(label);
      return classId < 0 ? [] : [{ classId, box, difficult, crowd: false }];
    });
    images.push({ name, width, height, boxes });
    files.push(file);
  }
  const init = modelUrl(DEFAULT_MODEL);
  const id = crypto.randomUUID();
  const folder = runFolder(session);
  return { data: { id, folder, classes, images, init, options: {}, steps: 0 }, files };
}

/** Folders on one address may be labeled one after the other: each has its own run. */
export const runFolder = ({ project }: Session): string => `teach-run-${project.id}`;

/** Files of the images of a run that is resumed. @throws an error for an image that is gone */
export async function filesOf(session: Session, { images }: RunData): Promise<Blob[]> {
  return Promise.all(images.map(({ name }) => session.store.image(name)));
}
