/** What a test did wrong; the message says what to do instead. */
export class SteeringError extends Error {
  override readonly name = 'SteeringError';
}
