#!/usr/bin/env node
/** Entry of the command line: in the package, its bundle for Node. */
import module from 'node:module';

// Since Node 22.8: keeps compiled code for the next start in the folder of temporary files.
(module as { enableCompileCache?: () => unknown }).enableCompileCache?.();
await import('#cli');
