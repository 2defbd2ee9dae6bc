/** The files for Kubernetes and Slurm in docs/scaling.md. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { codeBlocks } from '../../support/markdown.ts';
import { isPosix } from '../../support/posix.ts';
import { checkCommand } from '../package/shell-samples.ts';

const blocks = codeBlocks(readFileSync(new URL('../../docs/scaling.md', import.meta.url), 'utf8'));
const of = (language: string) => blocks.filter((block) => block.language === language);

interface Resource {
  kind: string;
  apiVersion: string;
  metadata: { name: string };
  spec: { template?: { spec: { containers: { image: string; args: string[] }[] } } };
}

it('gives Kubernetes commands that exist, as text', async () => {
  const resources = of('yaml').flatMap(({ code }) =>
    parseAllDocuments(code).map((document) => {
      expect(document.errors).toEqual([]);
      return document.toJS() as Resource;
    }),
  );
  expect(resources.map(({ kind, metadata }) => `${kind} ${metadata.name}`)).toEqual([
    ...['Job refinedet', 'Service queue', 'StatefulSet queue', 'Job producer', 'Job workers'],
  ]);
  const containers = resources.flatMap(({ spec }) => spec.template?.spec.containers ?? []);
  const ours = containers.filter(({ image }) => image.includes('refinedet'));
  expect(ours).toHaveLength(3);
  for (const { args } of ours) {
    // Numbers and "yes" must be quoted: arguments are texts.
    expect(args.map((word) => typeof word)).toEqual(args.map(() => 'string'));
    await checkCommand(`refinedet ${args.join(' ')}`, '.');
  }
});

it.skipIf(!isPosix)(
  'gives Slurm a script that bash can read, with a command that exists',
  async () => {
    const [{ code }] = of('bash');
    execFileSync('bash', ['-n'], { input: code });
    expect(code).toMatch(/^#!\/bin\/bash\n(#SBATCH --[a-z-]+(=\S+)?\n)+\n/);
    await checkCommand(
      code
        .trim()
        .split('\n')
        .at(-1)!
        .replace(/^exec npx /, ''),
      '.',
    );
  },
);
