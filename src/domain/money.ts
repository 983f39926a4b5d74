/** US dollars as millionths of one, which is what the store counts in; null and undefined stay what they are. */
export const toMicroUsd = <Nothing extends null | undefined>(usd: number | Nothing): number | Nothing =>
  typeof usd === 'number' ? Math.round(usd * 1_000_000) : usd;
