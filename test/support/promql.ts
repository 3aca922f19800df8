/** What an expression of Prometheus names, by Prometheus's own grammar. */
import { parser } from '@prometheus-io/lezer-promql';

interface Expression {
  readonly series: readonly string[];
  readonly labels: readonly string[];
  /** Label and text of each matcher; a text with `|` has several values. */
  readonly matchers: readonly (readonly [label: string, text: string])[];
  /** What the grammar refuses. */
  readonly faults: readonly string[];
}

export const readExpression = (text: string): Expression => {
  const series: string[] = [];
  const labels: string[] = [];
  const matchers: [label: string, text: string][] = [];
  const faults: string[] = [];
  parser.parse(text).iterate({
    enter: ({ name, type, from, to, node }) => {
      const part = text.slice(from, to);
      if (type.isError) faults.push(`${from}: ${part}`);
      if (name === 'Identifier' && node.parent?.name === 'VectorSelector') series.push(part);
      if (name === 'LabelName') labels.push(part);
      if (name === 'StringLiteral') matchers.push([labels.at(-1) ?? '', part.slice(1, -1)]);
    },
  });
  return { series, labels, matchers, faults };
};
