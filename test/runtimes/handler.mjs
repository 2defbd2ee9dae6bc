/** Asks the handler of `refinedet/serve` through the server of the runtime, and prints what it answers. */
import { readFileSync } from 'node:fs';
import { RefineDet } from 'refinedet';
import { createHandler } from 'refinedet/serve';

const detector = await RefineDet.load(undefined, { threads: 1 });
const log = [];
const pixel = { data: new Uint8Array(3), width: 1, height: 1, channels: 3, dropped: 0, arrival: 0 };
const yard = {
  async *[Symbol.asyncIterator]() {
    for (let index = 0; index < 2; index++) yield { ...pixel, index, time: 40 * index };
  },
};
const handler = createHandler(detector, { log: (entry) => log.push(entry), streams: { yard } });
const server = globalThis.Bun
  ? Bun.serve({ port: 0, hostname: '127.0.0.1', fetch: handler })
  : Deno.serve({ port: 0, hostname: '127.0.0.1', onListen() {} }, handler);
const url = `http://127.0.0.1:${server.port ?? server.addr.port}`;
const body = readFileSync(process.argv[2]);
const form = new FormData();
form.append('image', new File([body], 'cat.jpg'));
const raw = await fetch(`${url}/v1/detect?threshold=0.5`, { method: 'POST', body });
const batch = await fetch(`${url}/v1/detect/batch`, { method: 'POST', body: form });
const marked = await fetch(`${url}/v1/detect`, {
  method: 'POST',
  body,
  headers: { accept: 'image/jpeg' },
});
const wrong = await fetch(`${url}/v1/detect`, { method: 'POST', body: 'text' });
const events = await fetch(`${url}/v1/streams/yard`);
const result = {
  raw: await raw.json(),
  batch: await batch.json(),
  marked: [...new Uint8Array(await marked.arrayBuffer()).subarray(0, 3)],
  wrong: (await wrong.json()).code,
  events: (await events.text()).match(/^event: .*$/gm),
  clients: [...new Set(log.map(({ client }) => client))],
  statuses: log.map(({ status }) => status),
};
console.log(JSON.stringify(result));
process.exit(0);
