/** For callers without types: a misspelt option would do nothing. */
import { ConfigError } from '../config/load.ts';

/** `known` has every option as a name, so that tsc finds one that is missing. */
export const requireKnown = <Options extends object>(
  caller: string,
  options: Options,
  known: Readonly<Record<keyof Options, true>>,
): void => {
  const unknown = Object.keys(options).find((name) => !Object.hasOwn(known, name));
  if (unknown === undefined) return;
  throw new ConfigError(`${caller} has no option ${unknown}: it takes ${Object.keys(known).join(', ')}`);
};
