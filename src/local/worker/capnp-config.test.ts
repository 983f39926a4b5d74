import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { capnpConfig } from './capnp-config.ts';
import { readWranglerSettings } from './wrangler-settings.ts';

const settings = { compatibilityDate: '2026-10-01', compatibilityFlags: ['a', 'b'], crons: [] };

describe('the configuration of workerd', () => {
  it('names bindings and keeps their values out', () => {
    const config = capnpConfig({ ...settings, port: 8787, bindings: ['JWT_SECRET'] });
    expect(config).toContain('(name = "JWT_SECRET", fromEnvironment = "JWT_SECRET")');
    expect(config).toContain('address = "127.0.0.1:8787"');
    expect(config).toContain('compatibilityDate = "2026-10-01"');
    expect(config).toContain('compatibilityFlags = ["a", "b"]');
  });

  it('has a second Worker only where there is a cron trigger', () => {
    const without = capnpConfig({ ...settings, port: 0, bindings: [] });
    const withCron = capnpConfig({ ...settings, crons: ['* * * * *'], port: 0, bindings: [] });
    expect(without).not.toContain('service_binding_extra_handlers');
    expect(withCron).toContain('compatibilityFlags = ["service_binding_extra_handlers"]');
    expect(withCron).toContain('compatibilityFlags = ["a", "b"]');
  });
});

describe('the settings in wrangler.toml', () => {
  it('are read as production has them', async () => {
    const read = readWranglerSettings(await readFile('wrangler.toml', 'utf8'));
    expect(read.compatibilityDate).toMatch(/^\d{4}-\d{2}-\d{2}$/);
    expect(read.compatibilityFlags).toContain('enable_request_signal');
    expect(read.crons).toEqual(['* * * * *']);
  });

  it('cannot do without a compatibility date', () => {
    expect(() => readWranglerSettings('name = "x"')).toThrow('no compatibility_date');
  });
});
