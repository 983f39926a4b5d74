import { type Booted, type BootOptions, boot } from '../../src/local/boot.ts';
import { LocalCloudError } from '../../src/local/cloud/local-cloud-error.ts';
import { showLogLine } from '../../src/local/terminal/log-line.ts';
import { type Style, styleFor } from '../../src/local/terminal/style.ts';
import { stagePrinter } from './boot-view.ts';
import { main } from './main.ts';

/**
 * Boots everything, performs, and exits; nothing is left behind.
 *
 * @param title what it shows; undefined for all there is
 * @param perform gives the exit code; its signal ends with Ctrl-C, and when the Worker's process does
 */
export const demo = (
  title: string | undefined,
  perform: (booted: Booted, style: Style, signal: AbortSignal) => Promise<number>,
  options: Pick<BootOptions, 'model' | 'chunkDelayMs'> = {},
): Promise<never> =>
  main(async (stop) => {
    const style = styleFor(process.stdout, process.env);
    console.log(
      `\n${[style.bold('Cadence'), title, 'all of it on this machine'].filter(Boolean).join(', ')}\n`,
    );
    const booted = await boot({
      ...options,
      env: { LOG_LEVEL: 'warn' },
      onStage: stagePrinter(style),
      // Once it is being stopped, what is cut off is no news.
      onLine: (line) => stop.aborted || console.error(showLogLine(line, style)),
    });
    try {
      stop.throwIfAborted();
      const over = new AbortController();
      booted.worker().exited.then((lastLines) => {
        over.abort(new LocalCloudError(`The Worker's process has ended.\n${lastLines}`));
      });
      return await perform(booted, style, AbortSignal.any([stop, over.signal]));
    } finally {
      await booted.close();
    }
  });
