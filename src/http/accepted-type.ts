/** Chooses the media type of a GraphQL answer by the `Accept` header. https://www.rfc-editor.org/rfc/rfc9110#section-12.5.1 */

/** The first is the answer to a request that accepts both alike. */
const offered = ['application/json', 'application/graphql-response+json'] as const;
export type AnswerType = (typeof offered)[number];

interface Range {
  readonly range: string;
  readonly quality: number;
  readonly position: number;
}

/** Parameters other than `q` do not change which type is meant: answers are in UTF-8 in any case. */
const parseRange = (text: string, position: number): Range => {
  const [range = '', ...parameters] = text.split(';').map((part) => part.trim().toLowerCase());
  const quality = parameters.map((parameter) => /^q\s*=\s*([\d.]+)$/.exec(parameter)?.[1]).find(Boolean);
  return { range, quality: Number(quality ?? 1), position };
};

const specificity = (range: string, type: AnswerType): number =>
  [undefined, '*/*', 'application/*', type].lastIndexOf(range);

interface Preference extends Range {
  readonly type: AnswerType;
  readonly specific: number;
}

/** What the most specific range that names a type says of it. */
const preferenceFor = (type: AnswerType, ranges: readonly Range[]): Preference[] =>
  ranges
    .map((range) => ({ ...range, type, specific: specificity(range.range, type) }))
    .filter(({ specific }) => specific > 0)
    .sort((left, right) => right.specific - left.specific)
    .slice(0, 1);

/** Whether the client accepts a stream of events; a range such as a wildcard names none. */
export const acceptsEvents = (accept = ''): boolean =>
  accept
    .split(',')
    .map(parseRange)
    .some(({ range, quality }) => range === 'text/event-stream' && quality > 0);

/** Undefined when the client accepts neither. Of two types that it likes equally, the one that it names first. */
export const acceptedType = (accept = ''): AnswerType | undefined => {
  if (accept.trim() === '') return offered[0];
  const exact = offered.find((type) => type === accept);
  if (exact) return exact;
  const ranges = accept.split(',').map(parseRange);
  const [preferred] = offered
    .flatMap((type) => preferenceFor(type, ranges))
    .filter(({ quality }) => quality > 0)
    .sort(
      (left, right) => right.quality - left.quality || right.specific - left.specific || left.position - right.position,
    );
  return preferred?.type;
};
