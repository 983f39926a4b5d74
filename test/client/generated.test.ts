import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { clientSource } from '../../scripts/support/client-source.ts';
import { bareDocument } from '../contract/bare-app.ts';

it("the client's types are those of the contract (else: npm run generate -- --client)", async () => {
  const written = await readFile(new URL('../../client/src/generated.ts', import.meta.url), 'utf8');
  expect(clientSource(bareDocument())).toBe(written);
});
