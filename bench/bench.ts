/** `npm run bench`: compares the service with the limit and with other servers. docs/performance.md has how and what. */
import { checkAnswers } from './lib/check.ts';
import { makeData } from './lib/data.ts';
import { growthSections, measureGrowth } from './lib/growth.ts';
import { measureAll, say, startRows } from './lib/measure.ts';
import { type Options, readOptions } from './lib/options.ts';
import { installPeers } from './lib/peers.ts';
import { measureRates, rateSection } from './lib/rate.ts';
import { sectionsOf, table, writeReport } from './lib/report.ts';
import { isPeer, rowsFor } from './lib/servers.ts';
import { openStage, type Stage } from './lib/stage.ts';
import { type Result, resultsOf } from './lib/statistics.ts';

/** The ratios of the service, by workload. */
const ratiosOf = (results: readonly Result[]): Record<string, number> =>
  Object.fromEntries(
    results
      .filter(({ name }) => name === 'ours')
      .map(({ workload, ratio }) => [workload, Math.round(ratio * 100) / 100]),
  );

const compare = async (stage: Stage, options: Options): Promise<void> => {
  say(`Storing ${options.rows} identities and ${options.sessions} sessions`);
  stage.store(await makeData(stage.setup, options));
  const targets = await startRows(stage, rowsFor(options));
  await checkAnswers(stage, targets);
  const measured = await measureAll(stage, targets, options);
  const rates = options.rate ? await measureRates(stage, targets, measured, options) : [];
  const results = resultsOf(measured);
  const sections = [...sectionsOf(results, measured), ...(rates.length > 0 ? [rateSection(rates)] : [])];
  const name = options.postgres ? 'postgres' : 'sqlite';
  const path = writeReport({ name, options, results, sections, data: { results, rates, ...measured } });
  process.stdout.write(`${sections.map(table).join('\n')}\n${path}\n${JSON.stringify(ratiosOf(results))}\n`);
};

const grow = async (stage: Stage, options: Options): Promise<void> => {
  const growth = await measureGrowth(stage, options);
  const sections = growthSections(growth);
  const path = writeReport({ name: 'growth', options, sections, data: growth });
  process.stdout.write(`${sections.map(table).join('\n')}\n${path}\n`);
};

const options = readOptions(process.argv.slice(2));
if (options.growth || rowsFor(options).some(isPeer)) installPeers();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));
const stage = await openStage(options);
try {
  await (options.growth ? grow : compare)(stage, options);
} finally {
  await stage.stop();
}
