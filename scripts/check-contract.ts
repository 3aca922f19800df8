/** Compares the printed contract with the released one; with --release <version> makes it the released one. */
import { readFileSync, writeFileSync } from 'node:fs';
import { checkContract, releaseChangelog } from './lib/contract-changelog.ts';

const fileOf = (name: string) => new URL(`../${name}`, import.meta.url);
const read = (name: string) => readFileSync(fileOf(name), 'utf8');
const changelogName = 'docs/contract-changelog.md';
const releasedName = 'schema/subgraph.released.graphql';

const working = read('schema/subgraph.graphql');
const changelog = read(changelogName);
const faults = await checkContract({ released: read(releasedName), working, changelog });
for (const fault of faults) console.error(`${changelogName}: ${fault}`);
const [option, version] = process.argv.slice(2);
if (faults.length > 0) process.exitCode = 1;
else if (option === '--release') {
  try {
    writeFileSync(fileOf(changelogName), releaseChangelog(changelog, version ?? ''));
    writeFileSync(fileOf(releasedName), working);
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}
