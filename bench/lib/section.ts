/** A table of a report, in Markdown. */
export interface Section {
  readonly title: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

export const table = ({ title, head, rows }: Section): string => {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const rule = line(head.map((_, at) => (at === 0 ? '---' : '--:')));
  return [`${title}`, '', line(head), rule, ...rows.map(line), ''].join('\n');
};
