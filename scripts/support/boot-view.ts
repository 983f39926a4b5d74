import type { Stage } from '../../src/local/boot.ts';
import { seconds } from '../../src/local/terminal/columns.ts';
import type { Style } from '../../src/local/terminal/style.ts';

const STAGES: Record<Stage, string> = {
  build: 'Built the Worker',
  cloud: 'Started Neon, Redis, QStash, GitHub and the model',
  worker: 'Served the Worker in workerd',
};

/** A line for each stage of booting, as it ends. */
export function stagePrinter(style: Style): (stage: Stage, tookMs: number) => void {
  return (stage, tookMs) =>
    console.log(`  ${style.good('✓')} ${STAGES[stage].padEnd(52)}${style.dim(seconds(tookMs).padStart(7))}`);
}
