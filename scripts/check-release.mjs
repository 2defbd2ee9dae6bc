/** Stops a release that npm would reject, or whose tag, version and repository do not match. */
import { readFileSync } from 'node:fs';

const { version, repository, homepage, bugs } = JSON.parse(readFileSync('package.json', 'utf8'));
const { GITHUB_REF_NAME: tag, GITHUB_REPOSITORY: home } = process.env;

const problems = [];
if (tag !== `v${version}`)
  problems.push(`the tag is ${tag}, but the version in package.json is ${version}`);
const { url } = typeof repository === 'string' ? { url: repository } : (repository ?? {});
if (!url) {
  problems.push(
    `package.json has no "repository": set it to git+https://github.com/${home}.git for provenance`,
  );
} else if (!url.includes(`github.com/${home}`)) {
  problems.push(`the repository in package.json is ${url}, but this one is github.com/${home}`);
}
if (!homepage || !bugs) {
  problems.push(
    `package.json has no "homepage" or no "bugs": set them to pages of github.com/${home}`,
  );
}

for (const problem of problems) console.error(problem);
process.exitCode = problems.length > 0 ? 1 : 0;
