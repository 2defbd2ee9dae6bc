/** Radio buttons of the settings, each with a description. */
import { element } from '../dom.ts';

export interface Radio {
  input: HTMLInputElement;
  about: HTMLElement;
  /** Contains the others. */
  label: HTMLElement;
}

/** @param field name that the buttons of a group have in common */
export function radio(field: string, value: string, name: string, description: string): Radio {
  const input = element('input', { type: 'radio', name: field, value });
  const about = element('small', {}, description);
  const text = element('span', {}, element('b', {}, name), about);
  return { input, about, label: element('label', {}, input, text) };
}
