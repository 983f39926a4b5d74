import type { Commit, Signature, TreeEntry } from './store.ts';

const signaturePattern = /^(?<name>.*?) ?<(?<email>[^>]*)> (?<seconds>-?\d+) (?<zone>[+-]\d{4})$/;

/** Reads a commit object without normalising its message, which isomorphic-git's own parser does. */
export function parseCommit(oid: string, content: Uint8Array): Commit {
  const text = new TextDecoder().decode(content);
  const end = text.indexOf('\n\n');
  const headers = (end < 0 ? text : text.slice(0, end)).split('\n');
  const values = (key: string) =>
    headers.filter((line) => line.startsWith(`${key} `)).map((line) => line.slice(key.length + 1));
  return {
    oid,
    tree: values('tree')[0] ?? '',
    parents: values('parent'),
    author: parseSignature(values('author')[0] ?? ''),
    committer: parseSignature(values('committer')[0] ?? ''),
    message: end < 0 ? '' : text.slice(end + 2),
  };
}

/** The content of a commit object. */
export function renderCommit(commit: Omit<Commit, 'oid'>): string {
  const lines = [
    `tree ${commit.tree}`,
    ...commit.parents.map((parent) => `parent ${parent}`),
    `author ${renderSignature(commit.author)}`,
    `committer ${renderSignature(commit.committer)}`,
  ];
  return `${lines.join('\n')}\n\n${commit.message}`;
}

/** Reads a tree object: mode, space, name, NUL and twenty bytes of oid, again and again. */
export function parseTree(content: Uint8Array): TreeEntry[] {
  const bytes = Buffer.from(content.buffer, content.byteOffset, content.byteLength);
  const entries: TreeEntry[] = [];
  let at = 0;
  while (at < bytes.length) {
    const space = bytes.indexOf(0x20, at);
    const nul = bytes.indexOf(0, space);
    entries.push({
      mode: bytes.toString('latin1', at, space).padStart(6, '0'),
      name: bytes.toString('utf8', space + 1, nul),
      oid: bytes.toString('hex', nul + 1, nul + 21),
    });
    at = nul + 21;
  }
  return entries;
}

/** The content of a tree object. Git sorts by bytes, a directory as if its name ended in a slash. */
export function renderTree(entries: TreeEntry[]): Buffer {
  const keyed = entries.map((entry) => ({
    entry,
    key: Buffer.from(entry.mode === '040000' ? `${entry.name}/` : entry.name),
  }));
  keyed.sort((a, b) => Buffer.compare(a.key, b.key));
  return Buffer.concat(
    keyed.flatMap(({ entry }) => [
      Buffer.from(`${entry.mode.replace(/^0/, '')} ${entry.name}\0`),
      Buffer.from(entry.oid, 'hex'),
    ]),
  );
}

function parseSignature(line: string): Signature {
  const groups = signaturePattern.exec(line)?.groups;
  return {
    name: groups?.name ?? '',
    email: groups?.email ?? '',
    seconds: Number(groups?.seconds ?? 0),
    zone: groups?.zone ?? '+0000',
  };
}

function renderSignature({ name, email, seconds, zone }: Signature): string {
  // Git's own commands drop these characters too: they would end the field early.
  const clean = (text: string) => text.replace(/[<>\n\0]/g, '').trim();
  return `${clean(name)} <${clean(email)}> ${seconds} ${zone}`;
}
