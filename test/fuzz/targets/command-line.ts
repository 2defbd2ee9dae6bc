/** Files that options of the command line name. */
import { classList } from '../../../src/cli/options/class-list.ts';
import { encoded, type FuzzTarget, require } from '../target.ts';
import { inputFolder } from './folder.ts';

const { folder, write } = inputFolder('classes.txt');

/** `--classes @FILE`. */
const classes: FuzzTarget = {
  name: 'class-list',
  seeds: () => ['cat\ndog\n', '\uFEFFcat\r\n\r\n  hot dog \r\nvoc', '@classes.txt\n'].map(encoded),
  words: ['\n', '\r\n', '\uFEFF', '\u2028', 'voc', '@', ',', '__proto__', '/etc/passwd', '\0'],
  folder,
  async read(input) {
    const names = await classList(`@${write(input)}`);
    require(names.length > 0, 'an empty list of classes');
    for (const name of names) {
      require(name !== '' && name === name.trim(), `the class ${JSON.stringify(name)}`);
      require(!name.includes('\n'), `the class ${JSON.stringify(name)}`);
    }
  },
};

export const COMMAND_LINE_TARGETS: readonly FuzzTarget[] = [classes];
