/** Origins of pages, as browsers send them. */

/** Origins of extensions, for which `URL` has none. */
const OTHER_ORIGIN = /^(?!https?:)[a-z][a-z\d+.-]*:\/\/[^/?#\s]+$/;

/** Whether a text is `*` or an origin: lower case, without a path and without the port of its protocol. */
export function isOrigin(text: unknown): boolean {
  if (typeof text !== 'string') return false;
  if (text === '*' || OTHER_ORIGIN.test(text)) return true;
  return URL.canParse(text) && new URL(text).origin === text;
}
