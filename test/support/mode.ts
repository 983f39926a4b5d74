/** Ways to run the product in which the integration tests must pass as well: `npm run test:modes`. */
const MODES = {
  /** Every step is a delivery of its own. */
  oneStep: { env: { STEPS_PER_CALLBACK: '1' }, deliveries: 1 },
  /** A delivery takes as many steps as a run of these tests has. */
  manySteps: { env: { STEPS_PER_CALLBACK: '32' }, deliveries: 1 },
  /** A lease so short that heartbeats renew it three times a second. */
  shortLease: { env: { LEASE_MS: '1000' }, deliveries: 1 },
  /** The queue hands every delivery over twice, at the same time. */
  twice: { env: {}, deliveries: 2 },
} satisfies Record<string, Mode>;

interface Mode {
  env: Record<string, string>;
  /** How often each delivery is handed over. */
  deliveries: number;
}

export const MODE_NAMES = Object.keys(MODES);

/** The mode that `TEST_MODE` names; the usual one without. */
export function testMode(): Mode {
  const name = process.env.TEST_MODE;
  if (name === undefined) return { env: {}, deliveries: 1 };
  const found = Object.entries(MODES).find(([known]) => known === name);
  if (!found) throw new Error(`TEST_MODE must be one of ${MODE_NAMES.join(', ')}, not ${name}`);
  return found[1];
}

/** For tests that count what a delivery of the usual mode does. */
export const isModeNamed = process.env.TEST_MODE !== undefined;
