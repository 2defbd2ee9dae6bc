/** The one list of extensions that image files have. */

/** JPEG under all its names: Windows saves `.jfif`. */
const JPEG = 'jpe?g|jpe|jfif';
const DECODABLE_NAME = new RegExp(`\\.(${JPEG}|png|webp)$`, 'i');
const IMAGE_NAME = new RegExp(`\\.(${JPEG}|png|webp|bmp|gif|tiff?|avif|heic)$`, 'i');
const JPEG_NAME = new RegExp(`\\.(${JPEG})$`, 'i');

/** Whether a file of this name is an image that can be decoded. */
export const isDecodableName = (name: string): boolean => DECODABLE_NAME.test(name);

/** Whether a file of this name is an image, whether or not it can be decoded. */
export const isImageName = (name: string): boolean => IMAGE_NAME.test(name);

/** `dir/name.jpg` → `dir/name`; a dot in another name does not begin an extension. */
export const withoutImageExtension = (name: string): string => name.replace(IMAGE_NAME, '');

/** Whether two names differ at most in how they spell the extension: `a.JPG`, `a.jpeg`. */
export function isSameImageName(a: string, b: string): boolean {
  const plain = (name: string) => name.replace(JPEG_NAME, '.jpg').replace(IMAGE_NAME, lowered);
  return plain(a) === plain(b);
}

const lowered = (extension: string): string => extension.toLowerCase();
