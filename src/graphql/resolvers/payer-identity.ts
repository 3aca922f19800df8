import type { PayerIdentityResolvers } from '../../generated/resolvers.ts';

export const PayerIdentity: PayerIdentityResolvers = {
  channel: ({ channelId }, _, { apps }) =>
    apps.channel(channelId) ?? { id: channelId, title: null, capabilities: null },
  certification: async ({ id, readable }, _, { loaders }) =>
    readable ? ((await loaders.certifications.load(id)) ?? null) : null,
};
