/** Removes the open image from the browser's storage, and brings it back when that was a mistake. */
import { byId } from '../../dom.ts';
import type { Notice } from '../../notice.ts';
import type { ImageEntry } from '../store/annotation-store.ts';
import type { Session } from '../store/session.ts';

interface RemovalParts {
  session: Session;
  notice: Notice;
  /** Images in the order of the list. */
  order(): readonly ImageEntry[];
  /** Name of the open image. */
  current(): string | undefined;
  /** Opens an image, or none. */
  open(name: string | undefined): void;
}

export function watchRemoval(parts: RemovalParts): void {
  const { session, notice } = parts;
  const fail = (title: string) => (error: Error) => {
    notice.show('source', { title, detail: error.message });
  };
  const remove = async (name: string): Promise<void> => {
    const order = parts.order();
    const at = order.findIndex((entry) => entry.name === name);
    const next = order[at + 1] ?? order[at - 1];
    const { file, labels } = await session.remove(name);
    parts.open(next?.name);
    const restore = async (): Promise<void> => {
      const added = await session.add(name, file);
      await session.save(added, labels);
      parts.open(added);
    };
    const run = () => void restore().catch(fail(`${name} is not back`));
    const undo = { name: 'Undo', isOptional: true, run };
    notice.show('source', { title: 'Removed:', detail: name }, undo);
  };
  const button = byId<HTMLButtonElement>('remove-image');
  // In a folder, images are the user's files: this page never deletes them.
  button.hidden = !session.store.remove;
  button.addEventListener('click', () => {
    const name = parts.current();
    if (name !== undefined) remove(name).catch(fail(`${name} is not removed`));
  });
}
