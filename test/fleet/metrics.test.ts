import { rmSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { listen } from '../../src/cli/listen.ts';
import { FleetMetrics } from '../../src/fleet/fleet-metrics.ts';
import { runWith } from '../../src/fleet/run-shards.ts';
import { fakeStart, fleetFolder } from './helpers.ts';

let world: Awaited<ReturnType<typeof fleetFolder>>;
beforeAll(async () => {
  world = await fleetFolder();
});
afterAll(() => world.remove());

it('serves what a worker has done, in the format of Prometheus', async () => {
  const files = world.images(5);
  const { uri } = await world.plan(files);
  rmSync(files[1]);
  writeFileSync(files[2], 'changed');
  const metrics = new FleetMetrics();
  const server = metrics.server();
  const url = await listen(server, '127.0.0.1', [0]);
  const { image, shard } = metrics;
  const watch = metrics.watch.bind(metrics);
  await runWith(uri, { workers: 1, image, shard }, { start: fakeStart(), watch });
  await runWith(uri, { image, shard });
  const response = await fetch(`${url}metrics`);
  expect(response.headers.get('content-type')).toMatch(/^text\/plain/);
  const lines = (await response.text()).split('\n');
  for (const line of [
    'refinedet_fleet_images_total 3',
    'refinedet_fleet_image_errors_total{code="FILE_NOT_FOUND"} 1',
    'refinedet_fleet_image_errors_total{code="INPUT_CHANGED"} 1',
    'refinedet_fleet_shards_total{outcome="written"} 2',
    'refinedet_fleet_shard_seconds_count 2',
    'refinedet_fleet_prefetched_bytes 0',
    'refinedet_fleet_wasm_heap_bytes 0',
  ]) {
    expect(lines).toContain(line);
  }
  expect(lines.some((line) => line.startsWith('process_resident_memory_bytes'))).toBe(true);
  expect((await fetch(url)).status).toBe(404);
  server.close();
  server.closeAllConnections();
});
