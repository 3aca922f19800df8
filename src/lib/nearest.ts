import { distance } from 'fastest-levenshtein';

/** The known name that a mistyped one probably stands for; undefined when none is close. Case does not count. */
export const nearest = (given: string, known: Iterable<string>): string | undefined => {
  const text = given.toLowerCase();
  // One slip in three characters: beyond that, the suggestion would be a guess.
  const limit = Math.max(1, Math.floor(Math.min(text.length, 12) / 3));
  let best: { readonly name: string; readonly far: number } | undefined;
  for (const name of known) {
    const far = distance(text, name.toLowerCase());
    const isPart = text.length > 3 && name.toLowerCase().startsWith(text);
    if ((far <= limit || isPart) && far < (best?.far ?? Number.POSITIVE_INFINITY)) best = { name, far };
  }
  return best?.name;
};

/** " Did you mean x?", or nothing. */
export const didYouMean = (given: string, known: Iterable<string>): string => {
  const name = nearest(given, known);
  return name === undefined ? '' : ` Did you mean ${name}?`;
};
