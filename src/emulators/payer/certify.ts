/** What the sandbox's payer does on Alipay's page of the certification. */
import type { CodeOutcome } from '../test-codes.ts';
import type { createBrowser } from './browser.ts';
import { SteeringError } from './steering-error.ts';

/** With the kind or the delay of a fault, which is chosen on the page too, the payer passes. */
export interface Certification extends CodeOutcome {
  /** What startIdentityCertification returned. */
  readonly url: string;
  readonly passes?: boolean | null | undefined;
  readonly afterSeconds?: number | null | undefined;
}

/** Opens Alipay's page of the certification, chooses there, and returns where the payer is sent back to. */
export const certify = async (
  { load, requirePage }: ReturnType<typeof createBrowser>,
  { url, passes, kind = 'ok', delaySeconds = 0 }: Certification,
): Promise<string | null> => {
  const address = requirePage(
    url,
    'url is no address of this sandbox: pass the one that startIdentityCertification returned',
  );
  const page = await (await load(address)).text();
  const [, certifyId] = /"certify_id":"(\w+)"/.exec(address.searchParams.get('biz_content') ?? '') ?? [];
  if (!certifyId || !page.includes(`certify_id=${certifyId}`))
    throw new SteeringError('The page lets no payer certify: start the certification again');
  const choice = new URL(address.href.replace(/\/gateway\.do.*/s, '/certify'));
  choice.searchParams.set('certify_id', certifyId);
  const isFault = kind !== 'ok' || delaySeconds > 0;
  const chosen = isFault ? { fault: kind, delay: String(delaySeconds) } : { passed: passes === false ? 'F' : 'T' };
  for (const [name, value] of Object.entries(chosen)) choice.searchParams.set(name, value);
  return (await load(choice)).headers.get('location');
};
