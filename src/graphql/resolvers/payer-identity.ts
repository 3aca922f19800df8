import type { PayerIdentityResolvers } from '../../generated/resolvers.ts';
import { refOf } from '../../identity/identity-ref.ts';

export const PayerIdentity: PayerIdentityResolvers = {
  ref: (identity) => refOf(identity) ?? null,
  channel: ({ channelId }, _, { apps }) => apps.channel(channelId) ?? { id: channelId, title: null },
  certification: async ({ id, readable }, _, { loaders }) =>
    readable ? ((await loaders.certifications.load(id)) ?? null) : null,
};
