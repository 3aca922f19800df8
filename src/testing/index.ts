/** `payer-identity/testing`: what other teams' tests start. */
export {
  type DoubleOptions,
  type DoubleRequest,
  type PayerIdentityDouble,
  startPayerIdentityDouble,
} from './double.ts';
export type { IdentityFixture } from './fixtures.ts';
export { type SandboxApp, type SandboxOptions, startSandbox, type TestSandbox } from './start-sandbox.ts';
