/** Lines of a text, however they end. */
export const splitLines = (text: string): string[] => text.split(/\r\n|\n|\r/);
