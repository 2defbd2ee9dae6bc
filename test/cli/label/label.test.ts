/** The server of `refinedet label`: what it keeps, and what it refuses. */
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { request as httpRequest, type Server } from 'node:http';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { LabelFolder } from '../../../src/cli/label/label-folder.ts';
import { serveFolder } from '../../../src/cli/label/label-server.ts';
import type { ImageLabels, LabelBox } from '../../../src/datasets/labeling/label-boxes.ts';
import { loadDataset } from '../../../src/datasets/load-dataset.ts';
import { emptyFolder, folderWith, png, type Tree, vocObject, vocXml } from '../../datasets/tree.ts';

const BOX: LabelBox = {
  label: 'cat',
  box: { x: 2, y: 3, width: 10, height: 12 },
  difficult: false,
};
const PAGE = { body: Buffer.from('<html lang="en">page'), type: 'text/html', etag: '"1"' };
const PLAIN: Tree = { 'a.png': png(40, 30), 'sub/b.png': png(40, 30), 'notes.txt': 'secret' };

async function serve(folder: string) {
  const opened = await LabelFolder.open(folder);
  const { server, url } = await serveFolder(new Map([['teach.html', PAGE]]), opened, [0]);
  onTestFinished(() => void server.close());
  const base = new URL('.', url).href;
  return {
    server,
    url,
    base,
    api: (name: string, init?: RequestInit) => fetch(`${base}api/${name}`, init),
  };
}

type Api = Awaited<ReturnType<typeof serve>>['api'];

async function read(api: Api, image: string) {
  const answer = await api(`labels?image=${encodeURIComponent(image)}`);
  return { labels: (await answer.json()) as ImageLabels, etag: answer.headers.get('etag')! };
}

function write(api: Api, image: string, labels: ImageLabels, etag: string) {
  return api(`labels?image=${encodeURIComponent(image)}`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json', 'if-match': etag },
    body: JSON.stringify(labels),
  });
}

/** A request with any path and headers, which fetch would correct. */
function raw(server: Server, target: string, headers: Record<string, string> = {}, method = 'GET') {
  const { port } = server.address() as { port: number };
  return new Promise<{ status: number; body: string }>((resolve, reject) => {
    const sent = httpRequest(
      {
        port,
        host: '127.0.0.1',
        path: target,
        method,
        headers: { host: `127.0.0.1:${port}`, ...headers },
      },
      (answer) => {
        let body = '';
        answer.on('data', (piece) => {
          body += piece;
        });
        answer.on('end', () => resolve({ status: answer.statusCode!, body }));
      },
    );
    sent.on('error', reject);
    sent.end();
  });
}

describe('a folder of images without labels', () => {
  it('gets VOC files that `train` reads, and remembers which images are done', async () => {
    const folder = folderWith(PLAIN);
    const { api } = await serve(folder);
    const project = await (await api('project')).json();
    expect(project).toMatchObject({
      format: 'voc',
      images: [
        ['a.png', 0],
        ['sub/b.png', 0],
      ],
    });
    for (const image of ['a.png', 'sub/b.png']) {
      const { etag } = await read(api, image);
      expect((await write(api, image, { boxes: [BOX], done: true }, etag)).status).toBe(200);
    }
    const { images, classes } = await loadDataset(folder);
    expect(classes).toContain('cat');
    expect(images.map(({ fileName, boxes }) => [fileName, boxes[0].box])).toEqual([
      ['a.png', BOX.box],
      ['sub/b.png', BOX.box],
    ]);
    const again = await serve(folder);
    expect((await (await again.api('project')).json()).images).toEqual([
      ['a.png', 2],
      ['sub/b.png', 2],
    ]);
    expect(await (await again.api('summary')).json()).toEqual({
      classes: ['cat'],
      boxes: [1, 1],
      byClass: [['cat', 2]],
    });
  });
});

describe.each<[string, Tree]>([
  [
    'VOC',
    {
      'JPEGImages/a.png': png(40, 30),
      'Annotations/a.xml': vocXml(vocObject('dog', [5, 5, 20, 20])),
      'ImageSets/Main/train.txt': 'a\n',
      'classes.txt': 'dog\n',
    },
  ],
  [
    'YOLO',
    {
      'images/train/a.png': png(40, 30),
      'labels/train/a.txt': '0 0.3 0.4 0.4 0.5\n',
      'data.yaml': 'train: images/train\nnc: 1\nnames: [dog] # ours\n',
    },
  ],
  [
    'COCO',
    {
      'train/a.png': png(40, 30),
      'annotations/instances_train.json': JSON.stringify({
        images: [{ id: 1, file_name: 'a.png', width: 40, height: 30 }],
        categories: [{ id: 4, name: 'dog' }],
        annotations: [
          { id: 1, image_id: 1, category_id: 4, bbox: [4, 4, 16, 16], area: 256, iscrowd: 0 },
        ],
      }),
    },
  ],
])('a folder as %s', (format, tree) => {
  it('keeps its format, gains classes, and notices a file that another program has changed', async () => {
    const folder = folderWith(tree);
    const { api } = await serve(folder);
    const project = (await (await api('project')).json()) as { format: string; images: [string][] };
    expect(project.format).toBe(format.toLowerCase());
    const [[image]] = project.images;
    const first = await read(api, image);
    expect(first.labels.boxes.map(({ label }) => label)).toEqual(['dog']);

    await api('class', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ name: 'cat' }),
    });
    const next = { boxes: [...first.labels.boxes, BOX], done: false };
    const written = await write(api, image, next, first.etag);
    expect(written.status).toBe(200);
    const dataset = await loadDataset(folder);
    expect(dataset.classes).toEqual(['dog', 'cat']);
    expect(dataset.images[0].boxes.map(({ classId }) => classId)).toEqual([0, 1]);
    expect(dataset.warnings).toEqual([]);

    const stale = await write(api, image, { boxes: [], done: false }, first.etag);
    expect(stale.status).toBe(412);
    expect(((await stale.json()) as ImageLabels).boxes).toHaveLength(2);

    const { annotationPath } = dataset.images[0];
    const file = readFileSync(annotationPath, 'utf8');
    // Moves the first box: each format has its own first digit of it.
    writeFileSync(annotationPath, file.replace(/(<xmin>|^0 0\.|"bbox":\[)\d/m, '$17'));
    const foreign = await write(
      api,
      image,
      { boxes: [], done: false },
      written.headers.get('etag')!,
    );
    expect(foreign.status).toBe(412);
  });
});

describe('replacing a class', () => {
  const voc: Tree = {
    'a.png': png(40, 30),
    'b.png': png(40, 30),
    'Annotations/a.xml': vocXml(vocObject('dog', [5, 5, 20, 20]) + vocObject('cat', [1, 1, 9, 9])),
    'Annotations/b.xml': vocXml(vocObject('cat', [2, 2, 8, 8])),
    'classes.txt': 'dog\ncat\ncow\n',
  };
  const yolo: Tree = {
    'images/train/a.png': png(40, 30),
    'images/train/b.png': png(40, 30),
    'labels/train/a.txt': '0 0.3 0.4 0.4 0.5\n1 0.2 0.2 0.1 0.1\n',
    'labels/train/b.txt': '1 0.3 0.4 0.4 0.5\n',
    'data.yaml': 'train: images/train\nnames: [dog, cat, cow] # ours\n',
  };
  const annotation = (id: number, image_id: number, category_id: number) => {
    return { id, image_id, category_id, bbox: [4, 4, 16, 16], area: 256, iscrowd: 0 };
  };
  const coco: Tree = {
    'train/a.png': png(40, 30),
    'train/b.png': png(40, 30),
    'annotations/instances_train.json': JSON.stringify({
      images: ['a.png', 'b.png'].map((file_name, i) => {
        return { id: i, file_name, width: 40, height: 30 };
      }),
      categories: ['dog', 'cat', 'cow'].map((name, i) => ({ id: i + 1, name })),
      annotations: [annotation(1, 0, 1), annotation(2, 0, 2), annotation(3, 1, 2)],
    }),
  };

  it.each([
    ['VOC', voc],
    ['YOLO', yolo],
    ['COCO', coco],
  ])('renames, joins and removes, as %s', async (format, tree) => {
    const folder = folderWith(tree);
    const { api } = await serve(folder);
    const replace = (name: unknown, to?: unknown) =>
      api('class', {
        method: 'PUT',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ name, to }),
      });
    const labels = async () => {
      const { classes, images } = await loadDataset(folder);
      return images.map(({ boxes }) => boxes.map(({ classId }) => classes[classId]).sort());
    };
    expect((await replace('cat', 'tom cat')).status).toBe(200);
    expect(await labels()).toEqual([['dog', 'tom cat'], ['tom cat']]);
    expect((await loadDataset(folder)).classes).toEqual(['dog', 'tom cat', 'cow']);
    await replace('tom cat', 'dog');
    expect(await labels()).toEqual([['dog', 'dog'], ['dog']]);
    await replace('cow');
    expect(await (await api('summary')).json()).toEqual({
      // Numbers of YOLO keep their meaning: only the last name can go.
      classes: format === 'YOLO' ? ['dog', 'tom cat'] : ['dog'],
      boxes: [2, 1],
      byClass: [['dog', 3]],
    });
    await replace('dog');
    expect((await (await api('summary')).json()).boxes).toEqual([0, 0]);
    for (const [name, to] of [[' dog'], [7], ['dog', ''], ['dog', 'a\nb']]) {
      expect((await replace(name, to)).status).toBe(400);
    }
    const none = { method: 'PUT', headers: { 'content-type': 'application/json' }, body: 'null' };
    expect((await api('class', none)).status).toBe(400);
  });
});

describe('two clients', () => {
  it('cannot overwrite each other, however close their writes are', async () => {
    const { api } = await serve(folderWith(PLAIN));
    const { etag } = await read(api, 'a.png');
    const both = await Promise.all(
      [1, 2].map((x) =>
        write(api, 'a.png', { boxes: [{ ...BOX, box: { ...BOX.box, x } }], done: false }, etag),
      ),
    );
    expect(both.map(({ status }) => status).sort()).toEqual([200, 412]);
    expect((await read(api, 'a.png')).labels.boxes).toHaveLength(1);
  });
});

describe('adding an image', () => {
  it('takes images only, and never the name of another', async () => {
    const folder = folderWith(PLAIN);
    const { api } = await serve(folder);
    const add = (name: string, body: Uint8Array | string, type = 'application/octet-stream') =>
      api(`image?image=${encodeURIComponent(name)}`, {
        method: 'POST',
        headers: { 'content-type': type },
        body: body as BodyInit,
      });
    expect(await (await add('a.png', png(8, 8))).json()).toEqual({ image: 'a-2.png' });
    expect(readFileSync(path.join(folder, 'a.png'))).toEqual(Buffer.from(png(40, 30)));
    // It would share the labels of a.png.
    expect(await (await add('a.webp', png(8, 8))).json()).toEqual({ image: 'a-3.webp' });
    expect((await add('page.html', '<script>')).status).toBe(400);
    expect((await add('page.png', '<script>')).status).toBe(400);
    expect((await add('b.png', png(8, 8), 'text/plain')).status).toBe(400);
    expect((await add('../b.png', png(8, 8))).status).toBe(403);
    expect((await add('.hidden/b.png', png(8, 8))).status).toBe(403);
  });
});

describe('the server refuses', () => {
  it('requests without the token, and says nothing about the folder', async () => {
    const { server, url } = await serve(folderWith(PLAIN));
    const token = new URL(url).pathname.split('/')[1];
    expect(token).toMatch(/^[0-9a-f]{32}$/);
    const wrong = `${token.slice(0, -1)}${token.endsWith('0') ? '1' : '0'}`;
    for (const target of [
      '/',
      '/teach.html',
      '/api/project',
      `/${wrong}/api/project`,
      `//${token}/api/project`,
    ]) {
      const { status, body } = await raw(server, target);
      expect([target, status]).toEqual([target, 403]);
      expect(body).not.toContain('a.png');
    }
    expect((await raw(server, `/${token}/teach.html`)).body).toContain('data-store="folder"');
  });

  it('other host names, other origins and pages of other sites', async () => {
    const { server, url } = await serve(folderWith(PLAIN));
    const target = `${new URL(url).pathname.split('/').slice(0, 2).join('/')}/api/project`;
    const { port } = server.address() as { port: number };
    const refused = [
      { host: 'evil.example' },
      { host: `evil.example:${port}` },
      { host: `127.0.0.1.evil.example:${port}` },
      { host: '127.0.0.1:1' },
      { origin: 'http://evil.example' },
      { origin: 'null' },
      { origin: `http://127.0.0.1:${port + 1}` },
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site' },
    ];
    for (const headers of refused) {
      expect([headers, (await raw(server, target, headers as never)).status]).toEqual([
        headers,
        403,
      ]);
    }
    expect((await raw(server, target, { host: `localhost:${port}` })).status).toBe(200);
    expect((await raw(server, target, {}, 'OPTIONS')).status).toBe(405);
  });

  it('paths and links that lead out of the folder', async () => {
    const outside = emptyFolder();
    writeFileSync(path.join(outside, 'secret.png'), png(9, 9));
    const folder = folderWith(PLAIN);
    symlinkSync(path.join(outside, 'secret.png'), path.join(folder, 'link.png'));
    symlinkSync(outside, path.join(folder, 'linked'));
    symlinkSync(path.join(folder, 'a.png'), path.join(folder, 'own.png'));
    const { server, url, api } = await serve(folder);
    const base = new URL(url).pathname.replace('teach.html', '');
    const names = [
      '../secret.png',
      '..%2fsecret.png',
      '%2e%2e/secret.png',
      path.join(outside, 'secret.png'),
      'link.png',
      'linked/secret.png',
      'sub/../../secret.png',
      '..\\secret.png',
      'a.png%00.png',
    ];
    for (const name of names) {
      for (const route of ['image', 'labels']) {
        const { status } = await raw(server, `${base}api/${route}?image=${name}`);
        expect([name, status >= 403 && status <= 404]).toEqual([name, true]);
      }
    }
    for (const name of ['notes.txt', 'missing.png']) {
      expect((await raw(server, `${base}api/image?image=${name}`)).status).toBe(404);
    }
    expect((await raw(server, `${base}../../etc/passwd`)).status).toBe(404);
    expect((await raw(server, `${base}api/image?image=own.png`)).status).toBe(200);
    const { images } = (await (await api('project')).json()) as { images: [string][] };
    expect(images.map(([image]) => image)).toEqual(['a.png', 'own.png', 'sub/b.png']);
  });

  it('to follow a folder of annotations that leads out', async () => {
    const outside = emptyFolder();
    mkdirSync(path.join(outside, 'Annotations'));
    const xml = vocXml(vocObject('dog', [5, 5, 20, 20]));
    writeFileSync(path.join(outside, 'Annotations', 'a.xml'), xml);
    const folder = folderWith(PLAIN);
    symlinkSync(path.join(outside, 'Annotations'), path.join(folder, 'Annotations'));
    const { api } = await serve(folder);
    const answer = await api('labels?image=a.png');
    expect(answer.status).toBe(403);
    const put = await write(api, 'a.png', { boxes: [], done: true }, '"x"');
    expect(put.status).toBe(403);
    expect(readFileSync(path.join(outside, 'Annotations', 'a.xml'), 'utf8')).toBe(xml);
  });
});
