import { configFile } from '../../../src/config/file.ts';
import { type Config, type FileConfig, loadConfig } from '../../../src/config/load.ts';

/** Loads a configuration whose apps name sources that the test made, which no configuration has. */
export const loadWithMadeSources = async (
  env: NodeJS.ProcessEnv,
  { apps, ...settings }: FileConfig,
): Promise<Config> => {
  const stub = { id: settings.defaultApp, channels: {} };
  const loaded = await loadConfig(env, async () => ({ ...settings, apps: [stub] }));
  return { ...loaded, apps: configFile.shape.apps.parse(apps) };
};
