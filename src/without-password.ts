/** Addresses in messages and results, which go to logs. */

/** Hides the passwords of all addresses in a text. */
export function withoutPassword(text: string): string {
  // The last @ of the authority ends the password, as for ffmpeg.
  return text.replace(/(\w:\/\/[^/?#\s:@]*):[^/?#\s]*@/g, '$1:***@');
}
