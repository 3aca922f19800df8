/**
 * 支付宝身份验证 (real-name certification): initialize, a page, a query.
 * https://opendocs.alipay.com/open/02ahjy (initialize), …/02ahk0 (certify), …/02ahjv (query)
 */
import { z } from 'zod';
import type { FailureCodes } from '../reply.ts';
import type { CertifyRequest } from '../source.ts';

export const INITIALIZE = 'alipay.user.certify.open.initialize';
export const CERTIFY = 'alipay.user.certify.open.certify';
export const QUERY = 'alipay.user.certify.open.query';

export const initializeContent = ({ orderNo, method, document, returnUrl }: CertifyRequest) => ({
  outer_order_no: orderNo,
  biz_code: method,
  identity_param: {
    identity_type: 'CERT_INFO',
    cert_type: document.type,
    cert_name: document.holderName,
    cert_no: document.number,
  },
  // With an empty return_url the payer stays in Alipay.
  merchant_config: { return_url: returnUrl ?? '' },
});

export const initializeReply = z.object({ certify_id: z.string().regex(/^[0-9A-Za-z]{1,32}$/) });

/** T or F; one published sample has a list of one. */
export const queryReply = z.object({
  passed: z.union([z.enum(['T', 'F']), z.tuple([z.enum(['T', 'F'])]).transform(([passed]) => passed)]),
});

/** SYSTEM_ERROR and UNKNOWN_ERROR are left out; ARRANGEMENT_STATUS_ERROR: the merchant has no contract for the product. */
export const certifyCodes: FailureCodes = new Map([
  ['ILLEGAL_ARGUMENT_FORMAT', 'CERTIFICATION_REFUSED'],
  ['ARRANGEMENT_STATUS_ERROR', 'CHANNEL_MISCONFIGURED'],
  ['CERTIFY_ID_EXPIRED', 'CERTIFY_ID_EXPIRED'],
  ['OPEN_CERTIFY_BILL_NOT_EXIST', 'CERTIFY_ID_UNKNOWN'],
  ['OPEN_CERTIFY_BILL_STATUS_ERROR', 'CERTIFICATION_REFUSED'],
  ['UNABLE_GET_IMAGE', 'CERTIFICATION_REFUSED'],
]);

/** Opens a page in the Alipay application from a browser outside of it. https://opendocs.alipay.com/open/01rg9u */
export const deepLinkTo = (url: string): string =>
  `alipays://platformapi/startapp?appId=20000067&url=${encodeURIComponent(url)}`;
