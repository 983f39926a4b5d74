import { type FileContent, MAX_FILE_BYTES } from './workspace.ts';

/**
 * A file's bytes as text. A byte order mark stays, so that an edit gives back what it was given. NUL bytes and what is
 * not UTF-8 are binary.
 */
export function decodeText(bytes: Uint8Array): FileContent {
  if (bytes.byteLength > MAX_FILE_BYTES) return { kind: 'unreadable', reason: 'tooLarge' };
  if (bytes.includes(0)) return { kind: 'unreadable', reason: 'binary' };
  try {
    return { kind: 'text', text: new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes) };
  } catch {
    return { kind: 'unreadable', reason: 'binary' };
  }
}
