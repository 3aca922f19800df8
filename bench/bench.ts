/** `npm run bench`: compares the service with the limit and with other servers. docs/performance.md explains it. */
import { checkAnswers } from './lib/check.ts';
import { makeData } from './lib/data.ts';
import { growthSections, measureGrowth } from './lib/growth.ts';
import { measure, measureAll, say, startRows } from './lib/measure.ts';
import { type Options, readOptions } from './lib/options.ts';
import { installPeers } from './lib/peers.ts';
import { profileSection, readProfile, timeByOwner } from './lib/profile.ts';
import { measureRates, rateSection } from './lib/rate.ts';
import { sectionsOf, writeReport } from './lib/report.ts';
import { table } from './lib/section.ts';
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

/** One workload: what it costs at the service, after the same load has warmed it up. */
const profile = async (stage: Stage, options: Options): Promise<void> => {
  stage.store(await makeData(stage.setup, options));
  const targets = await startRows(stage, rowsFor({ ...options, servers: ['ours'] }));
  const [workload = 'e1'] = options.workloads;
  const target = targets.find(({ row }) => row.name === 'ours');
  if (!target) return;
  const { connections, seconds, warmSeconds } = options;
  await measure(stage, target, workload, { connections, seconds: warmSeconds });
  const skipMs = performance.now() - target.server.startedAt;
  const { cpu = 0 } = await measure(stage, target, workload, { connections, seconds });
  await stage.end(target.row, 'SIGTERM');
  const times = timeByOwner(readProfile(stage.setup.folder), skipMs);
  const sections = [profileSection(times, cpu)];
  const path = writeReport({ name: `profile-${workload}`, options, sections, data: Object.fromEntries(times) });
  process.stdout.write(`${sections.map(table).join('\n')}\n${path}\n`);
};

const modeOf = ({ growth, profile: profiles }: Options) => {
  if (profiles) return profile;
  return growth ? grow : compare;
};

const options = readOptions(process.argv.slice(2));
if (options.growth || (!options.profile && rowsFor(options).some(isPeer))) installPeers();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));
const stage = await openStage(options);
try {
  await modeOf(options)(stage, options);
} finally {
  await stage.stop();
}
