/**
 * Long runs that must not increase memory or change results; prints tables for docs/reliability.md.
 *
 *     npm run soak -- detections 20000
 *     npm run soak -- loads 2000
 *     npm run soak -- serve 5               minutes of too many clients
 *     npm run soak -- video 30              minutes, in Chromium
 *     npm run soak -- camera 10             minutes, of an RTSP server
 */
import { soakCamera } from './soak/camera.ts';
import { soakDetections } from './soak/detections.ts';
import { soakLoads } from './soak/loads.ts';
import { soakServe } from './soak/serve.ts';
import { soakVideo } from './soak/video.ts';

const SOAKS: Readonly<
  Record<string, readonly [run: (count: number) => Promise<string>, usual: number]>
> = {
  detections: [soakDetections, 20_000],
  loads: [soakLoads, 2_000],
  serve: [soakServe, 5],
  video: [soakVideo, 30],
  camera: [soakCamera, 10],
};

const [name, count] = process.argv.slice(2);
if (!Object.hasOwn(SOAKS, name ?? '')) {
  console.error(`usage: npm run soak -- ${Object.keys(SOAKS).join('|')} [COUNT]`);
  process.exit(2);
}
const [run, usual] = SOAKS[name];
console.log(await run(Number(count ?? usual)));
process.exit(0);
