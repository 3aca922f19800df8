/** Writes schema/configuration.schema.json and the reference in docs/configuration.md; with --check only reports whether they are up to date. */
import { readFileSync, writeFileSync } from 'node:fs';
import { configurationSchema } from './lib/configuration-schema.ts';
import { withReference } from './lib/settings-reference.ts';

const page = new URL('../docs/configuration.md', import.meta.url);
const files = [
  {
    file: new URL('../schema/configuration.schema.json', import.meta.url),
    printed: `${JSON.stringify(configurationSchema(), null, 2)}\n`,
  },
  { file: page, printed: withReference(readFileSync(page, 'utf8')) },
];
for (const { file, printed } of files) {
  if (!process.argv.includes('--check')) writeFileSync(file, printed);
  else if (readFileSync(file, 'utf8') !== printed) {
    console.error(`${file.pathname} is stale: npm run codegen`);
    process.exitCode = 1;
  }
}
