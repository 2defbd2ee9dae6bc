/** The image for end-to-end measurements. */
import { fileURLToPath } from 'node:url';

export const EXAMPLE = fileURLToPath(new URL('../examples/astronaut.jpg', import.meta.url));
