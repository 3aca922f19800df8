/** `npm run bench`: compares the service with the limit and with other servers. docs/performance.md has how and what. */
import { checkAnswers } from './lib/check.ts';
import { makeData } from './lib/data.ts';
import { measureAll, say, startRows } from './lib/measure.ts';
import { type Options, readOptions } from './lib/options.ts';
import { installPeers } from './lib/peers.ts';
import { sectionsOf, table, writeReport } from './lib/report.ts';
import { isPeer, rowsFor } from './lib/servers.ts';
import { openStage } from './lib/stage.ts';
import { type Result, resultsOf } from './lib/statistics.ts';

/** The ratios of the service, by workload. */
const ratiosOf = (results: readonly Result[]): Record<string, number> =>
  Object.fromEntries(
    results
      .filter(({ name }) => name === 'ours')
      .map(({ workload, ratio }) => [workload, Math.round(ratio * 100) / 100]),
  );

const compare = async (options: Options): Promise<void> => {
  const rows = rowsFor(options);
  if (rows.some(isPeer)) installPeers();
  const stage = await openStage(options);
  try {
    say(`Storing ${options.rows} identities and ${options.sessions} sessions`);
    stage.store(await makeData(stage.setup, options));
    await checkAnswers(stage, await startRows(stage, rows));
    const measured = await measureAll(stage, rows, options);
    const results = resultsOf(measured);
    const sections = sectionsOf(results, measured);
    const name = options.postgres ? 'postgres' : 'sqlite';
    const path = writeReport({ name, options, results, sections, data: { results, ...measured } });
    process.stdout.write(`${sections.map(table).join('\n')}\n${path}\n${JSON.stringify(ratiosOf(results))}\n`);
  } finally {
    await stage.stop();
  }
};

await compare(readOptions(process.argv.slice(2)));
