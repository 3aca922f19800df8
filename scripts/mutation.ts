/**
 * `npm run mutation`: makes small changes to the most critical code, and counts how many of them fail a test.
 * `npm run mutation -- scanner sealing` runs these groups alone; `--incremental` tries again only what has changed since
 * the last such run.
 */
import { existsSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { Stryker } from '@stryker-mutator/core';
import { groups } from './lib/mutation-groups.ts';

/** Percent of the mutants of each group. */
const ENOUGH = 85;
const MEMORY = '/dev/shm';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { incremental: { type: 'boolean', default: false } },
});
const unknown = positionals.filter((name) => !Object.hasOwn(groups, name));
if (unknown.length > 0) throw new Error(`No group ${unknown.join(', ')}; there are ${Object.keys(groups).join(', ')}`);
const selected = Object.entries(groups).filter(([name]) => positionals.length === 0 || positionals.includes(name));

// Fewer runs of a property, since it runs for every mutant; temporary files in memory, where there is some.
process.env.MAX_RUNS ??= '100';
if (existsSync(MEMORY)) process.env.TMPDIR ??= MEMORY;

const run = async (name: string, { mutate, testFiles }: (typeof groups)[string]) => {
  const startedAt = performance.now();
  const mutants = await new Stryker({
    mutate: [...mutate],
    testFiles: [...testFiles],
    testRunner: 'vitest',
    plugins: [import.meta.resolve('@stryker-mutator/vitest-runner')],
    vitest: { related: false },
    coverageAnalysis: 'perTest',
    // A mutant that runs while its module is loaded would need a new process.
    ignoreStatic: true,
    incremental: values.incremental,
    incrementalFile: `data/mutation-${name}.json`,
    ignorePatterns: ['data'],
    reporters: ['clear-text', 'progress-append-only'],
    allowConsoleColors: false,
    clearTextReporter: { allowColor: false, allowEmojis: false, logTests: false, reportTests: false },
    concurrency: 2,
    timeoutMS: 20_000,
  }).runMutationTest();
  return { name, minutes: (performance.now() - startedAt) / 60_000, ...count(mutants) };
};

type MutantResult = Awaited<ReturnType<Stryker['runMutationTest']>>[number];

const count = (mutants: readonly MutantResult[]) => {
  const having = (...statuses: MutantResult['status'][]) =>
    mutants.filter(({ status }) => statuses.includes(status)).length;
  const noticed = having('Killed', 'Timeout');
  const total = noticed + having('Survived', 'NoCoverage');
  return { noticed, total, ignored: having('Ignored'), score: total === 0 ? 0 : (100 * noticed) / total };
};

const results = [];
for (const [name, group] of selected) results.push(await run(name, group));

console.table(
  results.map(({ name, noticed, total, score, ignored, minutes }) => ({
    group: name,
    noticed: `${noticed}/${total}`,
    score: `${score.toFixed(1)} %`,
    ignored,
    minutes: minutes.toFixed(1),
  })),
);
if (results.some(({ score }) => score < ENOUGH)) process.exitCode = 1;
