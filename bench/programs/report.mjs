/** Runs the work and prints one line: the clock after the first run, and memory in bytes. */
export async function report(work, count) {
  await work();
  const firstAt = Date.now();
  const atRest = process.memoryUsage().rss;
  for (let i = 1; i < count; i++) await work();
  const { rss } = process.memoryUsage();
  const peak = process.resourceUsage().maxRSS * 1024;
  process.stdout.write(`${JSON.stringify({ firstAt, atRest, rss, peak })}\n`, () =>
    process.exit(0),
  );
}
