/** What a channel's page adds to the address that the payer returns to: an auth code, or the reason why it gives out no code. */

export type PageReturn =
  | { readonly authCode: string }
  | {
      /** The payer said no; otherwise the page failed. */
      readonly isDeclined: boolean;
      /** The page's own code of the reason, where it names one. */
      readonly reason: string | undefined;
    };

/** The parameters of the address, decoded; of a repeated one the last. */
export type ReturnParameters = ReadonlyMap<string, string>;

/** The names of the reason in OAuth 2.0, on UnionPay's open platform, and on UnionPay's page userAuth. */
const REASONS = ['error', 'errorcode', 'respCode'];
/** Reasons of a payer who said no. Alipay and WeChat name none: they return the payer without an auth code. */
const DECLINED: ReadonlySet<string> = new Set(['access_denied', '34']);

const reasonForm = /^[\w.-]{1,32}$/;
/** The codes that a call takes. */
const codeForm = /^[!-~]{1,200}$/;

/** Reads the return of a page that names its auth code so. A code counts beside a reason: the page gave it out. */
export const returnWith =
  (codeName: string) =>
  (parameters: ReturnParameters): PageReturn => {
    const authCode = parameters.get(codeName) ?? '';
    if (codeForm.test(authCode)) return { authCode };
    const given = REASONS.map((name) => parameters.get(name) ?? '').find((text) => text !== '');
    const isDeclined = authCode === '' && (given === undefined || DECLINED.has(given));
    return { isDeclined, reason: given !== undefined && reasonForm.test(given) ? given : undefined };
  };
