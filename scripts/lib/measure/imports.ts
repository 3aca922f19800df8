/**
 * Import arrows, as dependency-cruiser finds them. A box is a file or a folder directly in its room (a source's folder
 * is one box); an arrow is drawn once, however many files it stands for. Floors are the boxes on the longest way down.
 */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { z } from 'zod';

const cruised = z.object({
  modules: z.array(
    z.object({
      source: z.string(),
      dependencies: z.array(z.object({ resolved: z.string(), circular: z.boolean() })),
    }),
  ),
});

type Arrow = readonly [from: string, to: string];

const isMeasured = (path: string): boolean => /^src\/(?!generated\/)/.test(path);

/** The file or folder that stands directly in `room`: `src/` itself for the house. */
const boxIn = (room: string, path: string): string | undefined =>
  path.startsWith(room) ? path.slice(room.length).split('/')[0] : undefined;

const arrowsIn = (room: string, imports: readonly Arrow[]): Arrow[] => {
  const arrows = new Map<string, Arrow>();
  for (const [from, to] of imports) {
    const [start, end] = [boxIn(room, from), boxIn(room, to)];
    if (start && end && start !== end) arrows.set(`${start} ${end}`, [start, end]);
  }
  return [...arrows.values()];
};

const floorsOf = (arrows: readonly Arrow[]): number => {
  const below = Map.groupBy(arrows, ([from]) => from);
  const depths = new Map<string, number>();
  const depth = (box: string, path: ReadonlySet<string>): number => {
    const known = depths.get(box);
    if (known !== undefined || path.has(box)) return known ?? 0;
    const further = (below.get(box) ?? []).map(([, to]) => depth(to, new Set([...path, box])));
    depths.set(box, 1 + Math.max(0, ...further));
    return depths.get(box) ?? 1;
  };
  return Math.max(1, ...[...below.keys()].map((box) => depth(box, new Set())));
};

const rowOf = (name: string, room: string, files: readonly string[], imports: readonly Arrow[]) => {
  const arrows = arrowsIn(room, imports);
  const boxes = new Set(files.flatMap((path) => boxIn(room, path) ?? []));
  const out = new Set(
    imports.filter(([from, to]) => from.startsWith(room) && !to.startsWith(room)).map(([, to]) => to),
  );
  return { room: name, boxes: boxes.size, arrows: arrows.length, floors: floorsOf(arrows), 'files imported': out.size };
};

/** One row for each room and one for the house, whose boxes are the rooms and the files beside them. */
export const measureImports = (folder: string) => {
  const command = join(folder, 'node_modules/.bin/depcruise');
  const options = { cwd: folder, encoding: 'utf8', maxBuffer: 2 ** 28 } as const;
  const { modules } = cruised.parse(JSON.parse(execFileSync(command, ['src', '--output-type', 'json'], options)));
  const measured = modules.filter(({ source }) => isMeasured(source));
  const files = measured.map(({ source }) => source);
  const imports = measured.flatMap(({ source, dependencies }) =>
    dependencies.flatMap(({ resolved }): Arrow[] => (isMeasured(resolved) ? [[source, resolved]] : [])),
  );
  const rooms = [...new Set(files.flatMap((path) => /^src\/([^/]+)\//.exec(path)?.[1] ?? []))].toSorted();
  return {
    rows: [
      ...rooms.map((room) => rowOf(room, `src/${room}/`, files, imports)),
      rowOf('the house', 'src/', files, imports),
    ],
    circles: measured.filter(({ dependencies }) => dependencies.some(({ circular }) => circular)).length,
  };
};
