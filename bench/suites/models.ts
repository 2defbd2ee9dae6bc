/** The models of the package: input sizes, numbers, threads, and one model beside the other. */
import type { Group, Suite } from '../suite.ts';
import { takeTurns } from '../turns.ts';

const CHILD = new URL('models-child.ts', import.meta.url);
const [DEFAULT, NANO] = ['default, 320 px', 'nano, 192 px'];
const [BYTES, FLOATS] = ['8 bits', 'floats'];
const THREADS = [1, 2];
/** The sizes that the files serve, the usual one first. */
const SIZES = [
  ...[DEFAULT, 'default, 256 px', 'default, 384 px', 'default, 448 px', 'default, 512 px'],
  ...[NANO, 'nano, 256 px'],
];

export const suite: Suite = {
  title: 'The models of the package',
  about:
    'The files as they are shipped; each case in its own process, in turns. Pixels to boxes: resize, network and ' +
    'post-processing of a decoded photo of 512×512, in 8 bits. Network: the network alone.',
  async run(options) {
    const groups: Group[] = [];
    const add = async (title: string, names: readonly string[], job: object) => {
      groups.push({ title, unit: 'ms', cases: await takeTurns(CHILD, names, job, options) });
    };
    for (const threads of THREADS) {
      const sizes = SIZES.map((size) => `${size}, ${BYTES}`);
      await add(`pixels to boxes, ${counted(threads)}`, sizes, { part: 'boxes', threads });
      const networks = [DEFAULT, NANO].flatMap((model) =>
        [BYTES, FLOATS].map((numbers) => `${model}, ${numbers}`),
      );
      await add(`network, ${counted(threads)}`, networks, { part: 'network', threads });
    }
    const scaling = [BYTES, FLOATS].flatMap((numbers) =>
      THREADS.toReversed().map((threads) => `${DEFAULT}, ${numbers}, ${counted(threads)}`),
    );
    await add('network, two threads beside one', scaling, { part: 'network' });
    return groups;
  },
};

function counted(threads: number): string {
  return `${threads} thread${threads > 1 ? 's' : ''}`;
}
