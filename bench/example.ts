/** The image that end-to-end measurements look at. */
import { fileURLToPath } from 'node:url';

export const EXAMPLE = fileURLToPath(new URL('../examples/astronaut.jpg', import.meta.url));
