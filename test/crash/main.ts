/** `npm run test:crash [-- --kills N]`: the real Worker under a load of twenty runs, killed three times or as often as said. */
import { parseArgs } from 'node:util';
import { crashUnderLoad } from './under-load.ts';

const { values } = parseArgs({ options: { kills: { type: 'string', default: '3' } } });
const kills = Number(values.kills);
if (!Number.isInteger(kills) || kills < 1) {
  console.error(`--kills must be a whole number from 1, not ${values.kills}`);
  process.exit(2);
}
const { wrong, runs, tookMs } = await crashUnderLoad({
  kills,
  onKill: (nth) => console.log(`killed ${nth} of ${kills}`),
});
for (const line of wrong) console.log(`✗ ${line}`);
console.log(
  `${runs} runs through ${kills} deaths in ${Math.round(tookMs / 1000)} s, ${wrong.length} things wrong`,
);
process.exitCode = wrong.length === 0 ? 0 : 1;
