/** Reporter of run-tests.mjs: lists the files that failed, unless something failed outside of them. */
import { writeFileSync } from 'node:fs';

export default class {
  onTestRunEnd(modules, unhandledErrors) {
    if (unhandledErrors.length > 0) return;
    const failed = modules.filter((module) => !module.ok()).map(({ moduleId }) => moduleId);
    writeFileSync(process.env.REFINEDET_FAILED_FILES, JSON.stringify(failed));
  }
}
