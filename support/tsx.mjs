// Lets workers of the CLI load TypeScript too: tsx by itself registers in the main thread only.
import { register } from 'tsx/esm/api';

register();
