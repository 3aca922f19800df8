/** What every composer says of the subgraph with its neighbours. */
import { composers } from '../composers.ts';
import type { Subgraph } from '../gateways/gateway.ts';
import { loyaltySdl, ordersSdl, pointsSdl, strangerSdl, walletSdl } from '../neighbours.ts';
import { sdlWith, sdlWithout } from './world.ts';

const subgraph = (name: string, sdl: string): Subgraph => ({ name, url: `http://${name}.example/graphql`, sdl });
const own = (sdl: string) => subgraph('payer-identity', sdl);
const neighbours = [subgraph('orders', ordersSdl), subgraph('wallet', walletSdl), subgraph('points', pointsSdl)];
const stranger = subgraph('stranger', strangerSdl);
const loyalty = (scopes: boolean) => subgraph('loyalty', loyaltySdl({ scopes }));

const compositions: readonly (readonly [name: string, subgraphs: readonly Subgraph[]])[] = [
  ['the subgraph alone', [own(sdlWith)]],
  ['without scopes', [own(sdlWithout)]],
  ['with all neighbours', [own(sdlWith), ...neighbours, loyalty(true), stranger]],
  ['without scopes, with all neighbours', [own(sdlWithout), ...neighbours, loyalty(false), stranger]],
  ['with a stranger that has common names', [own(sdlWith), stranger]],
  ['with `tier @requires(fields: "openId") @requiresScopes(scopes: [["payer:read"]])`', [own(sdlWith), loyalty(true)]],
  ['with `tier @requires(fields: "openId")` without the scope', [own(sdlWith), loyalty(false)]],
];

export const composed = () => ({
  names: composers.map(({ name, version }) => `${name} ${version}`),
  rows: compositions.map(([name, subgraphs]) => [
    name,
    ...composers.map(({ compose }) => (compose(subgraphs).length === 0 ? 'composes' : 'refused')),
  ]),
});
