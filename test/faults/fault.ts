/** The services of which the product asks something through `fetch`. */
export const SERVICES = ['neon', 'redis', 'qstash', 'github', 'model', 'web'] as const;
export type Service = (typeof SERVICES)[number];

/**
 * What may go wrong with one outgoing request.
 * - `errorBefore`: it does not arrive; `answerLost`: it takes effect and its answer does not arrive.
 * - `crashBefore`, `crashAfter`: whoever sent it dies before it leaves, or before its answer is there.
 * - `status500`: the service refuses it and does nothing; `gatewayLost`: it takes effect and a gateway answers 502.
 * - `garbled`: it takes effect and the answer breaks off in the middle.
 * - `slow`: it takes effect after longer than a lease, while its sender goes on with all that has a clock: renews, waits, gives it up.
 * - `freezeBefore`, `freezeAfter`: whoever sent it stands still until its run has another worker, then goes on as if nothing were.
 */
export const REQUEST_MODES = [
  'errorBefore',
  'answerLost',
  'crashBefore',
  'crashAfter',
  'status500',
  'gatewayLost',
  'garbled',
  'slow',
  'freezeBefore',
  'freezeAfter',
] as const;
export type RequestMode = (typeof REQUEST_MODES)[number];

/** What may go wrong with one delivery of the queue; `late` comes a second time after the first has been answered. */
export const DELIVERY_MODES = ['duplicate', 'late', 'drop', 'delay', 'unreachable', 'answerLost'] as const;
export type DeliveryMode = (typeof DELIVERY_MODES)[number];

/** One fault of a simulated run: of the n-th request to a service, or of the n-th delivery of a run, from 1. */
export type Fault =
  | { of: Service; nth: number; mode: RequestMode }
  | { of: 'delivery'; nth: number; mode: DeliveryMode };

/** The name under which a case is printed and replayed, such as `neon7:crashAfter` or `delivery2:drop+neon20:answerLost`. */
export const nameOf = (faults: readonly Fault[]): string =>
  faults.map(({ of, nth, mode }) => `${of}${nth}:${mode}`).join('+');

/** @throws Error for what is no name of a case; that of a task before it is not looked at */
export const faultsNamed = (name: string): Fault[] =>
  name
    .replace(/^\w+\//, '')
    .split('+')
    .map(faultNamed);

function faultNamed(name: string): Fault {
  const [, of, digits, mode] = /^([a-z]+)(\d+):(\w+)$/.exec(name) ?? [];
  const nth = Number(digits);
  const deliveryMode = DELIVERY_MODES.find((known) => known === mode);
  if (of === 'delivery' && deliveryMode) return { of, nth, mode: deliveryMode };
  const service = SERVICES.find((known) => known === of);
  const requestMode = REQUEST_MODES.find((known) => known === mode);
  if (service && requestMode) return { of: service, nth, mode: requestMode };
  throw new Error(`"${name}" names no case; they look like neon7:crashAfter or delivery2:drop`);
}
