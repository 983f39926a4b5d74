import { HttpError } from './errors.js';

const LONGEST = { title: 200, text: 20_000, tag: 50 };
const FIELDS = ['title', 'text', 'tags'];

/** Checks what a note is created from. */
export function newNote(body) {
  const note = noteChanges(body);
  if (note.title === undefined) throw invalid('title is missing');
  return note;
}

/** Checks what a note is changed to. */
export function noteChanges(body) {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) throw invalid('send a JSON object');
  for (const field of Object.keys(body)) {
    if (!FIELDS.includes(field)) throw invalid(`${field} is not known`);
  }
  const { title, text, tags } = body;
  if (title !== undefined && !isText(title, 1, LONGEST.title)) {
    throw invalid(`title has 1 to ${LONGEST.title} characters`);
  }
  if (text !== undefined && !isText(text, 0, LONGEST.text)) {
    throw invalid(`text has at most ${LONGEST.text} characters`);
  }
  if (tags !== undefined && !(Array.isArray(tags) && tags.every((tag) => isText(tag, 1, LONGEST.tag)))) {
    throw invalid(`tags is a list of texts of 1 to ${LONGEST.tag} characters`);
  }
  return { ...body };
}

const isText = (value, least, most) =>
  typeof value === 'string' && value.trim().length >= least && value.length <= most;

const invalid = (message) => new HttpError(422, 'invalid', message);
