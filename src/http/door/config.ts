/** The settings of the door: the port for payers' browsers, and the address by which these reach it. */
import { z } from 'zod';
import { isProtected, upstreamAddress } from '../../lib/address.ts';
import { headerName } from '../config.ts';
import { tlsConfig } from '../tls.ts';

export const doorConfig = z.strictObject({
  /** The address of payers and channels, perhaps of a proxy before this port. The path, if any, stays in front of ours. */
  publicUrl: upstreamAddress.refine(isProtected, 'https:// (http:// only to this machine)'),
  host: z.string().default('127.0.0.1'),
  port: z.int().min(0).max(65_535),
  /** Absent: plain HTTP, behind a proxy that terminates TLS. */
  tls: tlsConfig.optional(),
  /** The header in which that proxy names its client; absent: the address of the connection counts. */
  clientAddressHeader: headerName.optional(),
});
