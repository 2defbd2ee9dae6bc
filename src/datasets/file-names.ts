/** Names of files, for pages too. */

/** `dir/name.jpg` → `dir/name` */
export const withoutExtension = (name: string): string => name.replace(/\.[^./\\]*$/, '');
