/** The pages of sandbox mode, by path. A service with a configuration has none, and needs none of their files. */
import { cashierPages } from './cashier-pages.ts';
import { docsPages } from './docs-pages.ts';
import { explorerPages } from './explorer-pages.ts';
import type { StaticPage } from './static-file.ts';

export const readStaticPages = (): ReadonlyMap<string, StaticPage> =>
  new Map([...explorerPages(), ...cashierPages(), ...docsPages()]);
