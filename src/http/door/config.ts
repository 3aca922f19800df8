/** The settings of the door: the port for payers' browsers, and the address by which these reach it. */
import { z } from 'zod';
import { isProtected, upstreamAddress } from '../../lib/address.ts';
import { headerName } from '../config.ts';
import { tlsConfig } from '../tls.ts';

export const doorConfig = z.strictObject({
  publicUrl: upstreamAddress
    .refine(isProtected, 'is http://. Write https:// (http:// only to this machine).')
    .describe('The address by which payers and channels reach the door; its path, if any, stays in front'),
  host: z.string().default('127.0.0.1').describe('The address that it listens on'),
  port: z.int().min(0).max(65_535).describe('The port that it listens on; another one than PORT'),
  tls: tlsConfig.optional().describe('Absent: plain HTTP, behind a proxy that terminates TLS'),
  clientAddressHeader: headerName
    .optional()
    .describe('The header in which that proxy names its client; absent: the address of the connection counts'),
});
