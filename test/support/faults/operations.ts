/** The operations of the fault suite, and the canaries it plants. */
import { randomBytes } from 'node:crypto';

/** A text that occurs nowhere by chance, and has both cases. */
export const mark = () => `Cn${randomBytes(8).toString('hex')}Yq`;

/** An identity card's number with a valid check character. */
export const newCertNo = (): string => {
  const digits = `11010519491231${String(randomBytes(4).readUInt32BE() % 1_000).padStart(3, '0')}`;
  const weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
  const sum = weights.reduce((total, weight, index) => total + weight * Number(digits[index]), 0);
  return digits + '10X98765432'[sum % 11];
};

export const START = `mutation ($input: PayerStartAuthenticationInput!) { startAuthentication(input: $input) {
  __typename ... on PayerAuthenticationStarted { queryCode state authorizeUrl authorizeQr } ... on PayerFailure { code message } } }`;
export const CERTIFY = `mutation ($input: PayerInitializeCertificationInput!) { initializeIdentityCertification(input: $input) {
  __typename ... on PayerCertificationInitialized { certifyId } ... on PayerFailure { code message } } }`;
export const PAGE = `mutation ($input: PayerStartCertificationInput!) { startIdentityCertification(input: $input) {
  __typename ... on PayerCertificationStarted { url deepLink qr form { action fields { name value } html } } } }`;
export const CHECK = `query ($certifyId: ID!) { identityCertification(certifyId: $certifyId) {
  __typename ... on PayerCertification { certifyId status } ... on PayerFailure { code message } } }`;
export const JOBWORTH = `query ($input: PayerJobworthInput!) { jobworthAuthentication(input: $input) {
  __typename ... on PayerJobworthAnswered { confirmed merchantIdentityId resultUrl userId openId authorizationStatus } ... on PayerFailure { code message } } }`;
export const ENTITIES = `query ($representations: [_Any!]!) { _entities(representations: $representations) {
  ... on PayerIdentity { id ref openId userId } } }`;
