/** Ctrl-C twice ends the process without waiting for the current step. */
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { constants } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { VOC_CLASSES } from '../../src/labels.ts';
import { decodeCheckpoint } from '../../src/training/run/checkpoint.ts';
import { RUN_FILES } from '../../src/training/run/run-store.ts';
import { writeModel } from '../../src/weights/model-file.ts';
import { presetModel } from '../../support/models/preset-model.ts';
import { shapesDataset, writeCoco } from '../../support/scenes/shapes.ts';
import { CAT, startCli, temporaryFolder } from '../cli/helpers.ts';

/** Longest time from the second signal to the end of the process, on a busy machine. */
const AT_ONCE_MS = 1000;

const { folder, at, remove } = temporaryFolder();
let data: string;
beforeAll(async () => {
  data = writeCoco(folder, await shapesDataset(folder, 4));
});
afterAll(remove);

/** Whether SIGINT is in one of the signal masks of a process, as Linux reports them. */
function hasInterrupt({ pid }: ChildProcess, mask: 'SigCgt' | 'ShdPnd'): boolean {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const [, bits] = new RegExp(`^${mask}:\\s*([0-9a-f]+)`, 'm').exec(status)!;
  return ((BigInt(`0x${bits}`) >> BigInt(constants.signals.SIGINT - 1)) & 1n) === 1n;
}

/** Processor time of the program itself; Linux counts it in hundredths of a second. */
function seconds({ pid }: ChildProcess): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The fields after the name of the program, which may contain any character.
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[11]) / 100;
}

/** Waiting for a disk takes no processor time: then the program has continued. */
async function untilAtWork(child: ChildProcess): Promise<void> {
  const start = seconds(child);
  await until(child, () => seconds(child) > start + 0.4);
}

async function until(child: ChildProcess, happens: () => boolean): Promise<void> {
  while (!happens()) {
    expect([child.exitCode, child.signalCode]).toEqual([null, null]);
    await sleep(5);
  }
}

describe.skipIf(process.platform !== 'linux')('Ctrl-C twice', { timeout: 240_000 }, () => {
  it('ends at once what continues after the first one, and leaves complete files', async () => {
    // A step of a hundred small batches: seconds in which signals are handled.
    const config = at('config.json');
    writeFileSync(config, JSON.stringify({ accumulate: 100, checkpointMinutes: 1e-6 }));
    const run = (file: string) => at('run', file);
    const size = ['--batch', '2', '--input-size', '64', '--steps', '9', '--workers', '1'];
    const files = ['--data', data, '--config', config, '--out', at('run'), '--quiet'];
    const child = startCli(['train', ...files, ...size]);
    const closed = once(child, 'close');
    await until(child, () => existsSync(run(RUN_FILES.checkpoint)));
    await untilAtWork(child); // on the second step

    child.kill('SIGINT');
    await until(child, () => !hasInterrupt(child, 'SigCgt'));
    const second = performance.now();
    child.kill('SIGINT');
    expect(await closed).toEqual([null, 'SIGINT']);
    expect(performance.now() - second).toBeLessThan(AT_ONCE_MS);

    const text = (file: string) => readFileSync(run(file), 'utf8');
    expect(JSON.parse(text(RUN_FILES.config))).toMatchObject({ accumulate: 100 });
    const lines = text(RUN_FILES.metrics).trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line).step)).toEqual([1]);
    const bytes = readFileSync(run(RUN_FILES.checkpoint));
    expect(decodeCheckpoint(bytes, 'it').trainer.step).toBe(1);
    expect(existsSync(run(RUN_FILES.model))).toBe(false);
  });

  it('counts as two also when both come during one computation', async () => {
    // One detection with this network takes seconds, in which no signal is handled.
    const model = at('large.safetensors');
    const large = presetModel('refinedet320-vgg16', { classes: VOC_CLASSES });
    writeFileSync(model, await writeModel(large));
    mkdirSync(at('many'));
    for (let i = 0; i < 5; i++) copyFileSync(CAT, at('many', `${i}.jpg`));
    const flags = [
      '--model',
      model,
      '--input-size',
      '512',
      '--threads',
      '1',
      '--threshold',
      '0.02',
    ];
    const child = startCli([
      'detect',
      at('many'),
      ...flags,
      '--format',
      'yolo',
      '--out',
      at('out'),
    ]);
    const closed = once(child, 'close');
    await until(child, () => existsSync(at('out/0.txt')));
    await untilAtWork(child); // on the second image

    child.kill('SIGINT');
    await until(child, () => !hasInterrupt(child, 'ShdPnd'));
    child.kill('SIGINT');
    expect(await closed).toEqual([null, 'SIGINT']);
    const written = readdirSync(at('out')).filter((file) => !file.endsWith('.tmp'));
    // The results of the second image may already be complete.
    expect(written.length).toBeLessThanOrEqual(2);
    const boxes = readFileSync(at('out/0.txt'), 'utf8');
    expect(boxes).not.toBe('');
    for (const file of written) expect(readFileSync(at('out', file), 'utf8')).toBe(boxes);
  });
});
