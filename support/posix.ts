/** Whether programs can be interrupted by signals and started by `sh`: not on Windows. */
export const isPosix = process.platform !== 'win32';

if (!isPosix) {
  console.warn(
    'tests of signals and shell commands are skipped: Windows has neither SIGINT nor sh',
  );
}
