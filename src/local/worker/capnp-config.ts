import type { WranglerSettings } from './wrangler-settings.ts';

export interface CapnpOptions extends WranglerSettings {
  /** Where the Worker is served; 0 picks a free port. */
  port: number;
  /** Names of the text bindings. Values come from the environment of the process, so that no secret is in a file. */
  bindings: string[];
}

/** Names in the messages on the control descriptor. */
export const MAIN_SOCKET = 'http';
export const CRON_SOCKET = 'cron';

/**
 * The configuration of plain workerd for one Worker in `worker.js` beside it. The Worker may reach the loopback interface,
 * where the local cloud listens, and the internet with the certificates browsers trust.
 *
 * With a cron trigger there is a second Worker on a socket of its own: plain workerd has no scheduler, but a Worker may
 * call another one's `scheduled` through a service binding (flag `service_binding_extra_handlers`, experimental).
 */
export function capnpConfig({ port, bindings, crons, ...worker }: CapnpOptions): string {
  const ticks = crons.length > 0;
  return [
    'using Workerd = import "/workerd/workerd.capnp";',
    '',
    'const config :Workerd.Config = (',
    '  services = [',
    '    (name = "main", worker = .main),',
    ...(ticks ? ['    (name = "cron", worker = .cron),'] : []),
    '    (name = "internet", network = (allow = ["public", "private"], tlsOptions = (trustBrowserCas = true))),',
    '  ],',
    '  sockets = [',
    `    (name = "${MAIN_SOCKET}", address = "127.0.0.1:${port}", http = (), service = "main"),`,
    ...(ticks
      ? [`    (name = "${CRON_SOCKET}", address = "127.0.0.1:0", http = (), service = "cron"),`]
      : []),
    '  ],',
    ');',
    '',
    'const main :Workerd.Worker = (',
    '  modules = [(name = "worker.js", esModule = embed "worker.js")],',
    `  compatibilityDate = ${text(worker.compatibilityDate)},`,
    `  compatibilityFlags = [${worker.compatibilityFlags.map(text).join(', ')}],`,
    '  bindings = [',
    ...bindings.map((name) => `    (name = ${text(name)}, fromEnvironment = ${text(name)}),`),
    '  ],',
    ');',
    ...(ticks ? cronWorker(worker.compatibilityDate) : []),
    '',
  ].join('\n');
}

/** Answers a POST of `{cron, scheduledTime}` with the outcome of the Worker's `scheduled`. */
const CRON_SOURCE = `export default {
  async fetch(request, { MAIN }) {
    const { cron, scheduledTime } = await request.json();
    return Response.json(await MAIN.scheduled({ cron, scheduledTime: new Date(scheduledTime) }));
  },
};`;

function cronWorker(compatibilityDate: string): string[] {
  return [
    '',
    'const cron :Workerd.Worker = (',
    `  modules = [(name = "cron.js", esModule = ${text(CRON_SOURCE)})],`,
    `  compatibilityDate = ${text(compatibilityDate)},`,
    '  compatibilityFlags = ["service_binding_extra_handlers"],',
    '  bindings = [(name = "MAIN", service = "main")],',
    ');',
  ];
}

/** A Cap'n Proto string. Its escapes are those of C, which JSON's are a part of as long as the text is ASCII. */
function text(value: string): string {
  return JSON.stringify(value);
}
