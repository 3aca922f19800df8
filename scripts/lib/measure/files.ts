/** The files of `src` that a measurement covers, and the rooms they belong to. */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface SourceFile {
  /** Below the measured folder, such as `src/store/claims.ts`. */
  readonly path: string;
  readonly text: string;
  readonly lines: number;
  /** The first folder below `src`; of the files beside the folders, `src`. */
  readonly room: string;
}

const roomOf = (path: string): string => /^src\/([^/]+)\//.exec(path)?.[1] ?? 'src';

/** All but generated files. */
export const readSourceFiles = (folder: string): SourceFile[] =>
  globSync('src/**/*.ts', { cwd: folder, exclude: ['src/generated/**'] })
    .toSorted()
    .map((path) => {
      const text = readFileSync(join(folder, path), 'utf8');
      return { path, text, lines: text.split('\n').length - 1, room: roomOf(path) };
    });

/** The value that at least `share` of all values do not exceed. */
const percentile = (sorted: readonly number[], share: number): number => sorted[Math.floor(share * sorted.length)] ?? 0;

const sizeRow = (room: string, files: readonly SourceFile[]) => {
  const sizes = files.map(({ lines }) => lines).toSorted((left, right) => left - right);
  return {
    room,
    files: sizes.length,
    lines: sizes.reduce((total, size) => total + size, 0),
    median: percentile(sizes, 0.5),
    p90: percentile(sizes, 0.9),
    max: sizes.at(-1) ?? 0,
  };
};

/** Files and lines of each room, of all, and of all but the emulators. */
export const measureSizes = (files: readonly SourceFile[]) => {
  const rooms = [...Map.groupBy(files, ({ room }) => room)].toSorted(([left], [right]) => (left < right ? -1 : 1));
  const withoutEmulators = files.filter(({ room }) => room !== 'emulators');
  return [
    ...rooms.map(([room, inRoom]) => sizeRow(room, inRoom)),
    sizeRow('all', files),
    sizeRow('all but emulators', withoutEmulators),
  ];
};
