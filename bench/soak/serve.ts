/** Overloads the server: three times the requests that it can answer. */
import { readFileSync } from 'node:fs';
import { loadServer } from '../../support/http-load.ts';
import { EXAMPLE } from '../example.ts';
import { quantile } from '../harness.ts';
import { startServer } from '../server.ts';
import { report, type Sample } from './samples.ts';

const QUEUE = 8;
const WORKERS = 2;
/** Images that the server holds: in its workers, read ahead, and waiting. */
const CAPACITY = WORKERS + 1 + QUEUE;
const SAMPLES = 20;

export async function soakServe(minutes: number): Promise<string> {
  const flags = ['--workers', String(WORKERS), '--queue', String(QUEUE)];
  const server = await startServer(flags);
  const body = readFileSync(EXAMPLE);
  const address = `${server.url}v1/detect`;
  const total = 60_000 * minutes;
  try {
    const some = (until: number) =>
      loadServer(address, body, { connections: WORKERS, until: (n) => n >= until });
    const calm = await some(40);
    const service = quantile(calm.accepted, 0.5);
    const queueTime = (CAPACITY * service) / WORKERS;
    const samples: Sample[] = [];
    const sample = (at: number) => samples.push({ at, resident: residentBytes(server.pid) / 1e6 });
    const load = await loadServer(address, body, {
      connections: 3 * CAPACITY,
      // Two thirds of the clients find the queue full: each asks again after the time of the queue.
      pause: queueTime,
      until(requests, milliseconds) {
        if (milliseconds >= (samples.length * total) / SAMPLES) sample(requests);
        return milliseconds >= total;
      },
    });
    sample(samples.at(-1)!.at);
    const after = await some(10);
    const { statuses, accepted, seconds } = load;
    const counts = [...statuses].sort().map(([status, count]) => `${count} with ${status}`);
    const title =
      `${minutes} minutes of ${3 * CAPACITY} clients, where the server holds ${CAPACITY} images: ${counts.join(', ')}; ` +
      `${(accepted.length / seconds).toFixed(1)} images/s; of the accepted ones p50 ${ms(accepted, 0.5)}, p99 ${ms(accepted, 0.99)} ms ` +
      `(queue × service time: ${queueTime.toFixed(0)} ms); one image before: ${service.toFixed(0)} ms, ` +
      `right after: ${ms(after.accepted, 0.5)} ms`;
    return report(title, 'requests', samples);
  } finally {
    await server.stop();
  }
}

const ms = (values: readonly number[], fraction: number) => quantile(values, fraction).toFixed(0);

/** Resident memory of another process, on Linux. */
function residentBytes(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return 1024 * Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1]);
}
