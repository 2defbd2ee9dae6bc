/** Displayed names of classes: labels such as `tvmonitor` are made for programs. */
import { ENGLISH } from './english.ts';

/** Displayed names by label. */
export type ClassNames = Readonly<Record<string, string>>;

/** Names by language tag. To add a language, add its map. */
export const LANGUAGES: Readonly<Record<string, ClassNames>> = { en: ENGLISH };

/**
 * The name of a class in the first preferred language that has one. A label that no language lists, such as
 * one of a user's own model, becomes `Fire truck` for `fire_truck`.
 * @param preferred language tags, such as `navigator.languages`
 */
export function displayName(
  label: string,
  preferred: readonly string[],
  languages = LANGUAGES,
): string {
  for (const tag of [...preferred, 'en']) {
    const names = languages[tag] ?? languages[tag.split('-')[0]];
    if (names && Object.hasOwn(names, label)) return names[label];
  }
  const words = label.replaceAll('_', ' ').trim();
  return words.charAt(0).toUpperCase() + words.slice(1);
}
