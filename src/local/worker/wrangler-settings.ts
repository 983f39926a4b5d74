/** What production's runtime is told about the Worker, and the local one must be told as well. */
export interface WranglerSettings {
  compatibilityDate: string;
  compatibilityFlags: string[];
  /** Cron expressions of the triggers. */
  crons: string[];
}

/**
 * Reads the settings a bundle does not carry from `wrangler.toml`. Only what that file uses of TOML is understood: a
 * key, and a string or a list of strings on one line.
 *
 * @throws Error when the compatibility date is missing: guessing one would be another runtime than production's
 */
export function readWranglerSettings(toml: string): WranglerSettings {
  const value = (key: string) => new RegExp(`^${key}\\s*=\\s*(.*)$`, 'm').exec(toml)?.[1] ?? '';
  const strings = (key: string) => [...value(key).matchAll(/"([^"]*)"/g)].map(([, text]) => text ?? '');
  const [compatibilityDate] = strings('compatibility_date');
  if (!compatibilityDate) throw new Error('wrangler.toml has no compatibility_date');
  return { compatibilityDate, compatibilityFlags: strings('compatibility_flags'), crons: strings('crons') };
}
