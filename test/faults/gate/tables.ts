import { DELIVERY_MODES, REQUEST_MODES } from '../fault.ts';
import { type Coverage, DELIVERIES } from '../transitions/coverage.ts';

/** How often each mode struck in each place that there is, and which are none and why. */
export function coverageTables(coverage: Coverage): string[] {
  const rows = coverage.rows();
  const exempt = coverage.exempt();
  const show = (count = 0) => (count === 0 ? '·' : String(count));
  const places = rows.filter(({ place, isExempt }) => place !== DELIVERIES && !isExempt);
  const deliveries = rows.find(({ place }) => place === DELIVERIES);
  return [
    ...block(
      'struck at a transition, or when asked after one',
      REQUEST_MODES,
      places.map(({ place, counts }) => [place, ...REQUEST_MODES.map((mode) => show(counts[mode]))]),
    ),
    '',
    ...block('', DELIVERY_MODES, [
      [DELIVERIES, ...DELIVERY_MODES.map((mode) => show(deliveries?.counts[mode]))],
    ]),
    '',
    ...exempt.map(({ why, places }) => `exempt, because ${why}: ${places.join('; ')}`),
  ];
}

function block(title: string, columns: readonly string[], rows: readonly string[][]): string[] {
  const first = Math.max(title.length, ...rows.map(([name = '']) => name.length));
  const line = ([name = '', ...cells]: readonly string[]) =>
    name.padEnd(first) + cells.map((text, at) => text.padStart((columns[at]?.length ?? 0) + 2)).join('');
  return [line([title, ...columns]), ...rows.map(line)];
}
