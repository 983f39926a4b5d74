import { randomUUID } from 'node:crypto';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';

/** Notes by id, in memory; given a file, what is in it survives a restart. */
export function createStore(file) {
  const notes = new Map(read(file).map((note) => [note.id, note]));

  const save = () => {
    if (!file) return;
    const next = `${file}.next`;
    writeFileSync(next, JSON.stringify([...notes.values()]));
    renameSync(next, file);
  };

  return {
    list({ tag, search } = {}) {
      const wanted = search?.toLowerCase();
      return [...notes.values()]
        .filter((note) => !tag || note.tags.includes(tag))
        .filter((note) => !wanted || `${note.title}\n${note.text}`.toLowerCase().includes(wanted))
        .reverse();
    },

    get: (id) => notes.get(id),

    create({ title, text = '', tags = [] }) {
      const note = { id: randomUUID(), title, text, tags, createdAt: new Date().toISOString() };
      notes.set(note.id, note);
      save();
      return note;
    },

    change(id, changes) {
      const note = notes.get(id);
      if (!note) return undefined;
      const changed = { ...note, ...changes, updatedAt: new Date().toISOString() };
      notes.set(id, changed);
      save();
      return changed;
    },

    remove(id) {
      const existed = notes.delete(id);
      if (existed) save();
      return existed;
    },
  };
}

function read(file) {
  if (!file) return [];
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    if (error.code === 'ENOENT') return [];
    throw error;
  }
}
