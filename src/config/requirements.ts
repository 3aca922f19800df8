import type { z } from 'zod';
import type { configFile } from './file.ts';

/** What one part of the configuration requires of another; the first requirement that fails is reported. */
export const requirements: readonly {
  lacks(config: z.output<typeof configFile>, sandbox: boolean): boolean;
  needs: string;
}[] = [
  {
    lacks: ({ router }, sandbox) => !sandbox && !router,
    needs:
      'router.secrets, router.certificateSubjects, router.signatures or router.hive, which authenticate the router',
  },
  { lacks: ({ keys }, sandbox) => !sandbox && !keys, needs: 'keys, with which results are sealed' },
  {
    lacks: ({ apps, door }) => !door && apps.some(({ returnByDoor }) => returnByDoor.length > 0),
    needs: 'door, by which the channels of apps[].returnByDoor return their payers',
  },
  {
    lacks: ({ router, tls }) => router?.certificateSubjects !== undefined && !tls?.clientCa,
    needs: 'tls.clientCa, which issues the certificates of router.certificateSubjects',
  },
  {
    // Otherwise a client that has recorded a request could replay it with other claims.
    lacks: ({ router, callers }) =>
      callers.claims !== undefined &&
      (router?.hive !== undefined ||
        (router?.signatures !== undefined && !router.signatures.components.includes('content-digest'))),
    needs: 'router credentials that cover the body for callers.claims: not hive, and content-digest in signatures',
  },
];
