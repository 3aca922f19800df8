/** What a command prints: text for people, or with --json one object for scripts. Progress goes to a terminal alone. */

/** The streams of a process, or what a test reads. */
export interface Streams {
  readonly out: { write(text: string): unknown };
  readonly err: { write(text: string): unknown; readonly isTTY?: boolean };
}

export interface Output {
  readonly json: boolean;
  /** A line for people; not printed with --json. */
  line(text: string): void;
  /** The result for scripts; printed with --json alone. */
  result(value: Readonly<Record<string, unknown>>): void;
  /** What the operator should know although the command goes on, on standard error. */
  warn(text: string): void;
  /** How far a long work has come: one line on a terminal, which the next one replaces. */
  progress(text: string): void;
}

const CLEAR_LINE = '\r\x1b[2K';

export const createOutput = (json: boolean, { out, err }: Streams): Output => {
  let isShown = false;
  const clear = () => {
    if (isShown) err.write(CLEAR_LINE);
    isShown = false;
  };
  return {
    json,
    line(text) {
      clear();
      if (!json) out.write(`${text}\n`);
    },
    result(value) {
      clear();
      if (json) out.write(`${JSON.stringify(value, null, 2)}\n`);
    },
    warn(text) {
      clear();
      err.write(`${text}\n`);
    },
    progress(text) {
      if (!err.isTTY) return;
      err.write(`${CLEAR_LINE}${text}`);
      isShown = true;
    },
  };
};
