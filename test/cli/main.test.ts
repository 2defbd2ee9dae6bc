import { CommanderError } from 'commander';
import { describe, expect, it } from 'vitest';
import packageJson from '../../package.json' with { type: 'json' };
import { errorLine, exitCodeOf } from '../../src/cli/describe-error.ts';
import { createProgram } from '../../src/cli/program.ts';
import { FAILURE_LINE, runCli } from './helpers.ts';

/** Runs a wrong command line in this process; its exit code and its line. */
async function failure(args: readonly string[]): Promise<{ code: number; line: string }> {
  const error: unknown = await createProgram()
    .parseAsync(args, { from: 'user' })
    .then(() => undefined)
    .catch((thrown) => thrown);
  expect(error).toBeInstanceOf(Error);
  return { code: exitCodeOf(error), line: `${errorLine(error)}\n` };
}

describe('help and version', () => {
  it('prints the help with every command and examples', async () => {
    const { code, stdout, stderr } = await runCli(['--help']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    for (const command of ['detect', 'info', 'convert', 'dataset']) {
      expect(stdout).toMatch(new RegExp(`^  ${command}\\b`, 'm'));
    }
    expect(stdout).toContain('$ refinedet detect');
  });

  it.each(['detect', 'info', 'convert'])('ends the help of %s with examples', async (command) => {
    let help = '';
    const program = createProgram();
    const writeOut = (text: string) => {
      help += text;
    };
    program.commands.find((c) => c.name() === command)?.configureOutput({ writeOut });
    const parsed = program.parseAsync([command, '--help'], { from: 'user' });
    await expect(parsed).rejects.toBeInstanceOf(CommanderError);
    expect(help).toMatch(new RegExp(`\\nExamples:\\n(  \\$ refinedet ${command}\\b.*\\n){2,5}$`));
  });

  it.each([
    ['help', 'detect'],
    ['help', 'dataset', 'check'],
    ['dataset', 'help', 'check'],
  ])('prints the help of a command for %s %s %s', async (...args) => {
    const words = args.filter((word) => word !== undefined);
    const { code, stdout, stderr } = await runCli(words);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const command = words.filter((word) => word !== 'help').join(' ');
    expect(stdout).toMatch(new RegExp(`^Usage: refinedet ${command} `));
  });

  it('prints the version of the package', async () => {
    const { code, stdout } = await runCli(['--version']);
    expect({ code, stdout }).toEqual({ code: 0, stdout: `${packageJson.version}\n` });
  });

  it('treats a missing command as a usage error and shows the help on stderr', async () => {
    const { code, stdout, stderr } = await runCli([]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain('Usage: refinedet');
    expect(stderr).not.toContain('[USAGE]');
  });
});

describe('usage errors', () => {
  it('print one line on stderr and exit with 2', async () => {
    const { code, stdout, stderr } = await runCli(['detct']);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toBe("refinedet: unknown command 'detct' (did you mean detect?) [USAGE]\n");
    const { stderr: ofFile } = await runCli(['photos/a.jpg']);
    expect(ofFile).toContain(`'photos/a.jpg' (did you mean "refinedet detect photos/a.jpg"?)`);
  });

  it.each([
    [['detect', '--treshold', '0.3', 'x.jpg'], '--threshold'],
    [['detect', 'x.jpg', '--format', 'jsonn'], 'json'],
    [['convert', 'a', 'b', '--dtype', 'f15'], 'f16'],
    [['info', 'refinedet320-vgg'], 'refinedet320-vgg16'],
    [['help', 'detct'], 'detect'],
    [['help', 'dataset', 'chek'], 'check'],
  ])('suggest a correction of %j', async (args, suggestion) => {
    const { code, line } = await failure(args);
    expect(code).toBe(2);
    expect(line).toMatch(FAILURE_LINE);
    expect(line).toMatch(new RegExp(`did you mean "?${suggestion}`));
  });

  it.each([
    [['detect', 'x.jpg', '--threshold', '2'], '--threshold must be a number from 0 to 1, not "2"'],
    [['detect', 'x.jpg', '--top-k', '0'], '--top-k must be a whole number from 1, not "0"'],
    [['detect', 'x.jpg', '--workers', '257'], 'auto or a whole number from 1 to 256, not "257"'],
    [['detect', 'x.jpg', '--input-size', '300'], 'each a multiple of 64 up to 4096, not "300"'],
    [['detect', 'x.jpg', '--threads', 'two'], '--threads must be auto or'],
    [['detect', 'x.jpg', '--tiles', '10'], '--tiles must be a whole number of pixels from 64'],
    [['detect', 'x.jpg', '--tiles', '--multi-scale'], "'--multi-scale' cannot be used with"],
    [['detect', 'x.jpg', '--classes', 'a,,b'], '"a,,b" has an empty name'],
    [['detect', '--save', 'photos'], '"photos" was taken for the folder of --save'],
    [['convert', 'only-one'], "missing required argument 'out'"],
    [['info', 'a', 'b'], 'too many arguments'],
  ])('name the offending value of %j', async (args, message) => {
    const { code, line } = await failure(args);
    expect(code).toBe(2);
    expect(line).toMatch(FAILURE_LINE);
    expect(line).toContain(message);
  });
});
