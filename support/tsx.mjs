// Lets workers of the CLI load TypeScript too: tsx by itself registers only in the main thread.
import { register } from 'tsx/esm/api';

register();
