/** Process of one target of the long form: target, seconds, seed, and the folder for inputs. */
import { writeFileSync } from 'node:fs';
import { campaign } from './campaign.ts';
import type { Progress } from './main.ts';
import { TARGETS } from './targets/index.ts';

const [name, seconds, seed, current, failed] = process.argv.slice(2);
const target = TARGETS.find((candidate) => candidate.name === name)!;

let inputs = 0;
let lastTold = 0;

const { outcomes, corpus, reached, failure, ...result } = await campaign(target, {
  seconds: Number(seconds),
  seed: Number(seed),
  guided: true,
  onInput(input) {
    writeFileSync(current, input);
    inputs++;
    if (performance.now() - lastTold < 1000) return;
    lastTold = performance.now();
    process.send!({ inputs } satisfies Progress);
  },
});
if (failure) writeFileSync(failed, failure.input);
const counts = [...outcomes].map(([outcome, count]) => `${outcome} ${count}`).join(', ');
const last: Progress = {
  inputs: result.inputs,
  summary: `, ${corpus} kept, ${reached} characters of code reached: ${counts}`,
  failure: failure?.reason,
};
// Removes the input that was running when the time was over.
process.send!(last, () => process.exit());
