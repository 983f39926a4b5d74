import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { recordExamples } from '../test/contract/record.ts';
import { main } from './support/main.ts';

const at = (path: string) => fileURLToPath(new URL(`../${path}`, import.meta.url));

/** Writes what is made from the contract: examples, got from the API over a local cloud in this process. */
await main(async () => {
  const { log } = console;
  // The product logs the outages that the flows bring about.
  console.log = () => {};
  const examples = await recordExamples().finally(() => {
    console.log = log;
  });
  await write('src/http/examples.json', `${JSON.stringify(examples, null, 2)}\n`);
  return 0;
});

async function write(path: string, content: string): Promise<void> {
  const before = await readFile(at(path), 'utf8').catch(() => '');
  if (before !== content) await writeFile(at(path), content);
  console.log(`${before === content ? 'unchanged' : 'written  '}  ${path}`);
}
