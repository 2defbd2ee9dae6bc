/** Errors in the words of somebody who uses the page. */
import type { RefineDetError } from 'refinedet';
import type { Message } from './notice.ts';

const HEIC = /\.hei[cf]$/i;

/** @param name file that cannot be shown or detected in */
export function explainFile(name: string, error: unknown): Message {
  const { code: named, message } = error as RefineDetError;
  // A video's error is a DOMException, whose code is a number.
  const code = typeof named === 'string' ? named : undefined;
  if (HEIC.test(name)) {
    return {
      title: `${name} is a HEIC photo, which this browser cannot open`,
      detail:
        'Save it as JPEG first, or open this page in Safari. An iPhone takes JPEG photos with Settings, Camera, Formats, Most Compatible.',
    };
  }
  if (code === 'IMAGE_TOO_LARGE') {
    return { title: `${name} is too large`, detail: `${message}. Open a smaller one.` };
  }
  if (code && !code.startsWith('IMAGE_'))
    return { title: `${name}: detection failed`, detail: message };
  return {
    title: `${name} cannot be opened`,
    detail: 'The file is empty, damaged, cut off or of a kind that this browser does not know.',
  };
}

export function explainUnknownFile(name: string): Message {
  return {
    title: `${name} cannot be opened here`,
    detail: 'Open an image, a video or a model (.safetensors).',
  };
}

/** By the names of errors of `getUserMedia`. */
const CAMERA: Readonly<Record<string, Message>> = {
  NotAllowedError: {
    title: 'The camera is blocked',
    detail: 'Allow it for this site: press the icon beside the address, then press Camera again.',
  },
  NotFoundError: { title: 'No camera found', detail: 'Connect one, then press Camera again.' },
  NotReadableError: {
    title: 'The camera is in use',
    detail: 'Close the other program that uses it, then press Camera again.',
  },
};

export function explainCamera(error: unknown): Message {
  const { name, message } = error as Error;
  return CAMERA[name] ?? { title: 'The camera cannot be used', detail: message };
}
