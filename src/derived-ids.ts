/** TypeIDs are written in Crockford's base 32, 26 digits behind the prefix. */
const DIGITS = '0123456789abcdefghjkmnpqrstvwxyz';
/** Digits at the end of an id that count; 30 bits of what is random in it. */
const COUNTING = 6;

/**
 * A maker of TypeIDs that gives the same ids in the same order whenever it is made from the same seed: the n-th of a prefix
 * has the seed's time and the seed's number plus n.
 *
 * @param seed a TypeID, such as `key_01h455vb4pex5vsknk084sn02q`
 */
export function derivedIds(seed: string): (prefix: string) => string {
  const suffix = seed.slice(seed.lastIndexOf('_') + 1);
  const start = numberOf(suffix.slice(-COUNTING));
  const made = new Map<string, number>();
  return (prefix) => {
    const ordinal = made.get(prefix) ?? 0;
    made.set(prefix, ordinal + 1);
    return `${prefix}_${suffix.slice(0, -COUNTING)}${digitsOf((start + ordinal) % 32 ** COUNTING)}`;
  };
}

const numberOf = (digits: string): number =>
  [...digits].reduce((number, digit) => number * 32 + DIGITS.indexOf(digit), 0);

const digitsOf = (number: number): string =>
  Array.from(
    { length: COUNTING },
    (_, at) => DIGITS[Math.floor(number / 32 ** (COUNTING - 1 - at)) % 32],
  ).join('');
