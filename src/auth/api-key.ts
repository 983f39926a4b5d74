const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const PREFIX_LENGTH = 10;
/** 214 bits. */
const SECRET_LENGTH = 36;
const CHECKSUM_LENGTH = 6;
const SHAPE = new RegExp(
  `^cad_([0-9A-Za-z]{${PREFIX_LENGTH}})_[0-9A-Za-z]{${SECRET_LENGTH + CHECKSUM_LENGTH}}$`,
);

export interface ApiKey {
  /** Names the key in lists and in the database; it opens nothing. */
  prefix: string;
  key: string;
}

/**
 * Makes a key: `cad_<prefix>_<secret><checksum>`. The beginning and the checksum (CRC-32) let scanners of secrets tell a key that
 * somebody published from any other text, and us refuse a mistyped one without asking the database.
 */
export function newApiKey(): ApiKey {
  const prefix = randomDigits(PREFIX_LENGTH);
  const body = `cad_${prefix}_${randomDigits(SECRET_LENGTH)}`;
  return { prefix, key: body + checksumOf(body) };
}

/** Whether a bearer token says that it is one of our keys. */
export const looksLikeApiKey = (token: string): boolean => token.startsWith('cad_');

/** Reads a key; null for anything that none of ours looks like. Whether it is known and good, its row knows. */
export function readApiKey(key: string): ApiKey | null {
  const prefix = SHAPE.exec(key)?.[1];
  if (prefix === undefined) return null;
  return key.slice(-CHECKSUM_LENGTH) === checksumOf(key.slice(0, -CHECKSUM_LENGTH)) ? { prefix, key } : null;
}

/** Digits of base 62, each as likely as any other. */
function randomDigits(length: number): string {
  let digits = '';
  while (digits.length < length) {
    for (const byte of crypto.getRandomValues(new Uint8Array(length))) {
      // 248 is the largest multiple of 62 that a byte can hold: past it the first digits would come up more often.
      if (byte < 248 && digits.length < length) digits += DIGITS[byte % DIGITS.length];
    }
  }
  return digits;
}

function checksumOf(text: string): string {
  let crc = 0xffffffff;
  for (const byte of new TextEncoder().encode(text)) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  let rest = ~crc >>> 0;
  return Array.from({ length: CHECKSUM_LENGTH }, () => {
    const digit = DIGITS[rest % DIGITS.length];
    rest = Math.floor(rest / DIGITS.length);
    return digit;
  }).join('');
}
