import { SqlError } from './wire.ts';

// Type identifiers of Postgres's catalogue (`pg_type.dat`), stable across versions.
const BOOL = 16;
const INT2 = 21;
const INT4 = 23;
const JSON_TYPE = 114;
const FLOAT4 = 700;
const FLOAT8 = 701;
const JSONB = 3802;

/** The element type of each array type, by type identifier. */
export type ElementTypes = ReadonlyMap<number, number>;

/**
 * The JSON text of a cell when the client did not ask for raw text.
 *
 * Booleans, small integers and finite floats become JSON values, JSON columns are inlined, arrays become lists;
 * everything else (int8, numeric, timestamps, NaN) stays a string, as in `proxy/src/serverless/json.rs`.
 *
 * @throws SqlError 500 for an array that is not one, which Postgres never sends
 */
export function toJsonText(text: string, type: number, elements: ElementTypes): string {
  const element = elements.get(type);
  if (element !== undefined) return arrayToJson(text, element, elements);
  switch (type) {
    case BOOL:
      return text === 't' ? 'true' : 'false';
    case INT2:
    case INT4:
      return text;
    case FLOAT4:
    case FLOAT8:
      return Number.isFinite(Number(text)) ? JSON.stringify(Number(text)) : JSON.stringify(text);
    case JSON_TYPE:
    case JSONB:
      return text;
    default:
      return JSON.stringify(text);
  }
}

function arrayToJson(text: string, element: number, elements: ElementTypes): string {
  // Bounds other than one are written in front (`[0:1]={1,2}`); JSON has no place for them.
  const start = text.startsWith('[') ? text.indexOf('=') + 1 : 0;
  const parsed = readArray(text, start, element, elements);
  if (parsed.end !== text.length) throw malformedArray();
  return parsed.json;
}

interface Parsed {
  json: string;
  end: number;
}

function readArray(text: string, start: number, element: number, elements: ElementTypes): Parsed {
  if (text[start] !== '{') throw malformedArray();
  const items: string[] = [];
  let at = start + 1;
  if (text[at] === '}') return { json: '[]', end: at + 1 };
  for (;;) {
    const item = readItem(text, at, element, elements);
    items.push(item.json);
    at = item.end;
    if (text[at] === '}') return { json: `[${items.join(',')}]`, end: at + 1 };
    if (text[at] !== ',') throw malformedArray();
    at += 1;
  }
}

function readItem(text: string, start: number, element: number, elements: ElementTypes): Parsed {
  if (text[start] === '{') return readArray(text, start, element, elements);
  if (text[start] === '"') {
    const quoted = /"((?:[^"\\]|\\.)*)"/sy;
    quoted.lastIndex = start;
    const match = quoted.exec(text);
    if (match?.[1] === undefined) throw malformedArray();
    const value = match[1].replace(/\\(.)/gs, '$1');
    return { json: toJsonText(value, element, elements), end: quoted.lastIndex };
  }
  const plain = /[^,}]*/y;
  plain.lastIndex = start;
  const value = plain.exec(text)?.[0] ?? '';
  return { json: value === 'NULL' ? 'null' : toJsonText(value, element, elements), end: plain.lastIndex };
}

function malformedArray(): SqlError {
  return new SqlError('could not parse postgres response', 500);
}
