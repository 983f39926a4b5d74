import { mkdir, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { generateSource } from 'oazapfts';

/** Built things go there; the module must stand in the repository to find its runtime, `@oazapfts/runtime`. */
const FOLDER = fileURLToPath(new URL('../../dist/stock-client', import.meta.url));

/** A client that somebody else's generator makes from the contract at `baseUrl`: a function for each operation, by its name. */
export async function stockClient(baseUrl: string, accessToken: string) {
  await mkdir(FOLDER, { recursive: true });
  const contract = `${FOLDER}/openapi.json`;
  await writeFile(contract, await (await fetch(`${baseUrl}/openapi.json`)).text());
  const module = `${FOLDER}/client.ts`;
  await writeFile(module, await generateSource(contract, { argumentStyle: 'object', optimistic: true }));
  const client = await import(module);
  Object.assign(client.defaults, { baseUrl, headers: { authorization: `Bearer ${accessToken}` } });
  return client;
}
