/** `payer-identity start`: the service, until a signal ends it. */
import { describeForOperator } from '../config/operator-errors.ts';
import { startService } from '../service.ts';
import { type CommonOptions, environmentOf } from './lib/run-command.ts';

export interface StartOptions extends CommonOptions {
  readonly host?: string;
  readonly port?: string;
  /** Sandbox mode alone: for phones of the local network, and a team's own apps. */
  readonly lan?: boolean;
  readonly sandbox?: string;
}

/** A service that cannot start ends with 1, although its emulated channels listen already. */
export const start = async ({ host, port, lan, sandbox, ...common }: StartOptions): Promise<void> => {
  const env = {
    ...environmentOf(common),
    ...(host !== undefined && { HOST: host }),
    ...(port !== undefined && { PORT: port }),
    ...(lan && { SANDBOX_HOST: 'auto' }),
    ...(sandbox !== undefined && { SANDBOX: sandbox }),
  };
  try {
    await startService(env);
  } catch (error) {
    process.stderr.write(`payer-identity cannot start: ${describeForOperator(error)}\n`);
    process.exit(1);
  }
};
