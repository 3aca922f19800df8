import { grafbase, runGrafbase } from '../../support/schema/grafbase.ts';
import type { Gateway } from './gateway.ts';
import { heavyVersion } from './heavy.ts';

/** A Rust program of its own: when a query ends it, its column fails. */
export const grafbaseGateway: Gateway = {
  letter: 'G',
  name: 'Grafbase',
  version: grafbase ? heavyVersion('@grafbase/cli-x86_64-unknown-linux-musl') : '',
  ...(!grafbase && { unavailable: `there is no Grafbase for ${process.platform} ${process.arch}` }),
  takesScopes: true,
  start(subgraphs, { headers = {}, timeoutMs } = {}) {
    const rules = [['forward', 'Authorization'], ...Object.entries(headers)].map(([name, value]) =>
      name === 'forward'
        ? `[[headers]]\nrule = "forward"\nname = "${value}"`
        : `[[headers]]\nrule = "insert"\nname = "${name}"\nvalue = "${value}"`,
    );
    const sections = subgraphs.map(({ name, url }) =>
      [
        `[subgraphs.${name}]`,
        `schema_path = "${name}.graphql"`,
        `url = "${url}"`,
        // Web sockets otherwise.
        'subscription_protocol = "server_sent_events"',
        ...(timeoutMs ? [`timeout = "${timeoutMs}ms"`] : []),
      ].join('\n'),
    );
    return runGrafbase({
      config: ['[graph]\nintrospection = true', ...rules, ...sections],
      files: Object.fromEntries(subgraphs.map(({ name, sdl }) => [`${name}.graphql`, sdl])),
    });
  },
};
