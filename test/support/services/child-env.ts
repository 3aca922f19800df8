import { fileURLToPath } from 'node:url';

/** Node keeps compiled modules here, so that the many processes of the tests start in two thirds of the CPU time. */
const compileCache = fileURLToPath(new URL('../../../node_modules/.cache/compile', import.meta.url));

/** The environment of a process that a test starts: of the test's own, only the PATH. */
export const childEnv = (env: Readonly<Record<string, string | undefined>> = {}) => ({
  PATH: process.env.PATH,
  NODE_COMPILE_CACHE: compileCache,
  ...env,
});
