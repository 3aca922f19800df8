/**
 * `payer-identity sign`, `verify` and `explain`: what of a message is signed, step by step, and what the configured
 * secret gives. The secret itself is never shown: every text has [secret] in its place.
 */
import { explainMessage } from '../channels/registry.ts';
import { type Explained, HIDDEN } from '../channels/signing.ts';
import { ConfigError } from '../config/load.ts';
import { PayerIdentityError } from '../failure.ts';
import { differenceOf } from './lib/difference.ts';
import { readInput, readMessage } from './lib/message.ts';
import type { Command } from './lib/run-command.ts';
import { chooseSource } from './lib/sources.ts';

interface SignOptions {
  /** The source, by its name in the configuration; absent: the only one. */
  readonly source?: string | undefined;
  /** A file with the text that another program has signed. */
  readonly against?: string | undefined;
}

const explained = (command: Command, file: string, options: SignOptions) => {
  const [name, configured] = chooseSource(command, options.source);
  try {
    const result = explainMessage(name, configured, readMessage(file));
    if (result) return { name, type: configured.type, ...result };
  } catch (error) {
    if (!(error instanceof PayerIdentityError) && !(error instanceof SyntaxError)) throw error;
    throw new ConfigError(
      `The message is not one of the source ${name}, as its upstream sends it: save it as it was received, complete and unformatted`,
    );
  }
  throw new ConfigError(`The messages of the source ${name} are not signed: TLS alone authenticates them`);
};

type Result = ReturnType<typeof explained>;

/** The end of a text that another secret was used for. */
const FOREIGN_SECRET = /([?&](?:key|secret|appSecret|appKey)=)(?!\[secret\]$)[\s\S]*$/i;

/** Where the text that another program has signed differs from ours. */
const compare = ({ steps }: Explained, against: string | undefined): string[] => {
  if (against === undefined) return [];
  const ours = steps.at(-1)?.text ?? '';
  const theirs = readInput(against)
    .toString()
    .replace(/\r?\n$/, '');
  const shown = ours.toLowerCase().endsWith(HIDDEN)
    ? theirs.replace(FOREIGN_SECRET, `$1${ours.slice(-HIDDEN.length)}`)
    : theirs;
  const difference = differenceOf({ name: 'this service', text: ours }, { name: against, text: shown });
  return ['', ...(difference ?? ['The signed texts are the same, but for the secret, which is not compared.'])];
};

const printSteps = ({ output }: Command, { name, type, kind, algorithm, steps }: Result): void => {
  output.line(`Source ${name} (${type}), ${kind}, ${algorithm}`);
  for (const [index, { what, text }] of steps.entries()) output.line(`\n${index + 1}. ${what}\n   ${text}`);
};

/** Prints the signature of a request for the fields in a file. */
export const sign = async (command: Command, file: string, options: SignOptions): Promise<void> => {
  const result = explained(command, file, options);
  if (result.expected === undefined)
    throw new ConfigError('Only the upstream can sign a reply: its private key makes the signature. verify checks it');
  printSteps(command, result);
  for (const line of compare(result, options.against)) command.output.line(line);
  command.output.line(`\nThe signature: ${result.expected}`);
  command.output.result({ ok: true, source: result.name, steps: result.steps, signature: result.expected });
};

/** Ends with 1 when the signature is wrong or missing. */
export const verify = async (command: Command, file: string, options: SignOptions): Promise<void> => {
  const { name, isRight, findings } = explained(command, file, options);
  command.output.line(isRight ? 'The signature is right.' : `The signature is not right: ${findings.join('; ')}.`);
  command.output.result({ ok: isRight, source: name, findings });
  if (!isRight) process.exitCode = 1;
};

/** Shows what is signed, both signatures and what is known about their difference. */
export const explain = async (command: Command, file: string, options: SignOptions): Promise<void> => {
  const result = explained(command, file, options);
  const { output } = command;
  printSteps(command, result);
  for (const line of compare(result, options.against)) output.line(line);
  output.line('');
  output.line(`The message has   ${result.given ?? 'no signature'}`);
  if (result.expected !== undefined) output.line(`Your secret gives ${result.expected}`);
  output.line(result.isRight ? '\nThe signature is right.' : '');
  for (const finding of result.findings) output.line(`- ${finding}`);
  const { name, kind, algorithm, steps, given, expected, isRight, findings } = result;
  output.result({ ok: isRight, source: name, kind, algorithm, steps, given, expected, findings });
  if (!isRight) process.exitCode = 1;
};
