/** A process that simulates the runs it is told of, by their names, one after the other. */
import { PLAIN, planNamed } from '../plan.ts';
import { openWorld } from '../world.ts';

/** A world grows with the runs in it, and one in which a run failed is not to be trusted. */
const RUNS_IN_A_WORLD = 300;

let world = await openWorld();
// The first run loads what is loaded on demand, which takes turns of the event loop that nobody can count.
await world.simulate(planNamed(PLAIN));
let runs = 0;

process.on('message', async (name: unknown) => {
  if (runs >= RUNS_IN_A_WORLD) {
    await world.close();
    world = await openWorld();
    runs = 0;
  }
  const done = await world.simulate(planNamed(String(name)));
  runs = done.wrong.length > 0 ? RUNS_IN_A_WORLD : runs + 1;
  process.send?.({ name, ...done });
});
process.on('disconnect', () => process.exit());
process.send?.('ready');
