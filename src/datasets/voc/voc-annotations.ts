/** Annotation files of one dataset, each read once: those of one split name the classes of all. */
import { MAX_ANNOTATION_BYTES, readText } from '../dataset-files.ts';
import { parseVocXml, type VocAnnotation } from './voc-xml.ts';

export class VocAnnotations {
  readonly #read = new Map<string, Promise<VocAnnotation>>();

  /** @throws FILE_NOT_FOUND, DATASET_FORMAT or XmlError, every time */
  read(file: string): Promise<VocAnnotation> {
    const known = this.#read.get(file);
    if (known) return known;
    const annotation = parseFile(file);
    this.#read.set(file, annotation);
    return annotation;
  }
}

async function parseFile(file: string): Promise<VocAnnotation> {
  return parseVocXml(await readText(file, { limit: MAX_ANNOTATION_BYTES, isXml: true }));
}
