import type { PayerIdentityResolvers } from '../../generated/resolvers.ts';

export const PayerIdentity: PayerIdentityResolvers = {
  channel: ({ channelId }, _, { apps }) =>
    apps.channel(channelId) ?? { id: channelId, title: null, capabilities: null },
  certification: async ({ id }, _, { certifications }) => (await certifications.load(id)) ?? null,
};
