import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { bareDocument } from '../test/contract/bare-app.ts';
import { recordExamples } from '../test/contract/record.ts';
import { clientSource } from './support/client-source.ts';
import { main } from './support/main.ts';

const at = (path: string) => fileURLToPath(new URL(`../${path}`, import.meta.url));

/**
 * Writes what is made from the contract: the examples, got from the API over a local cloud in this process, and the types of the
 * client. `--client` writes these only, which is quicker.
 */
await main(async () => {
  const { values } = parseArgs({ options: { client: { type: 'boolean', default: false } } });
  if (!values.client) await writeExamples();
  await write('client/src/generated.ts', clientSource(bareDocument()));
  return 0;
});

async function writeExamples(): Promise<void> {
  const { log } = console;
  // The product logs the outages that the flows bring about.
  console.log = () => {};
  const examples = await recordExamples().finally(() => {
    console.log = log;
  });
  await write('src/http/examples.json', `${JSON.stringify(examples, null, 2)}\n`);
}

async function write(path: string, content: string): Promise<void> {
  const before = await readFile(at(path), 'utf8').catch(() => '');
  if (before !== content) await writeFile(at(path), content);
  console.log(`${before === content ? 'unchanged' : 'written  '}  ${path}`);
}
