/** What was opened so far, to be closed in the opposite order. */
export interface Closers {
  add(close: () => Promise<unknown> | unknown): void;
  /** Passes a part on when it is open, and remembers to close it. */
  keep<Part extends { close(): Promise<void> }>(opening: Promise<Part>): Promise<Part>;
  /** Closes everything, even when some of it cannot be closed; the first such error is thrown at the end. */
  closeAll(): Promise<void>;
}

export function createClosers(): Closers {
  const closers: (() => Promise<unknown> | unknown)[] = [];
  return {
    add: (close) => void closers.push(close),
    async keep(opening) {
      const part = await opening;
      closers.push(() => part.close());
      return part;
    },
    async closeAll() {
      const errors: unknown[] = [];
      for (const close of closers.splice(0).reverse()) {
        try {
          await close();
        } catch (error) {
          errors.push(error);
        }
      }
      if (errors.length > 0) throw errors[0];
    },
  };
}
