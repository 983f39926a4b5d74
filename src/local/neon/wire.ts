/** One `POST /sql` with its body read: everything that crosses to the thread that owns the database. */
export interface SqlRequest {
  /** Header names in lower case. */
  headers: Record<string, string>;
  body: string;
}

/** The answer to a `SqlRequest`; `body` is JSON text. */
export interface SqlResponse {
  status: number;
  headers: Record<string, string>;
  body: string;
}

/** What stands behind the HTTP face: PGlite in this thread, or a worker thread that holds one. */
export interface SqlEngine {
  answer(request: SqlRequest): Promise<SqlResponse>;
  /** The data directory as an uncompressed tar archive. */
  dump(): Promise<ArrayBuffer>;
  close(): Promise<void>;
}

/** Limit of request and response bodies, in bytes (Neon's documented 10 MB). */
export const MAX_BODY_BYTES = 10 * 1024 * 1024;

/** The fields of an error answer, in the proxy's spelling. `position` and `line` are decimal strings. */
interface SqlErrorFields {
  code: string;
  detail: string | null;
  hint: string | null;
  position: string | null;
  internalPosition: string | null;
  internalQuery: string | null;
  severity: string;
  where: string | null;
  table: string | null;
  column: string | null;
  schema: string | null;
  dataType: string | null;
  constraint: string | null;
  file: string | null;
  line: string | null;
  routine: string | null;
}

// The proxy's own errors carry empty strings here, not nulls (`proxy/src/serverless/sql_over_http.rs`).
const NO_FIELDS: SqlErrorFields = {
  code: '',
  detail: null,
  hint: null,
  position: null,
  internalPosition: null,
  internalQuery: null,
  severity: '',
  where: null,
  table: null,
  column: null,
  schema: null,
  dataType: null,
  constraint: null,
  file: null,
  line: null,
  routine: null,
};

/** A refusal that becomes an HTTP answer: `status` and the error body, Postgres's fields included when it has them. */
export class SqlError extends Error {
  readonly status: number;
  readonly fields: SqlErrorFields;

  constructor(message: string, status = 400, fields: Partial<SqlErrorFields> = {}) {
    super(message);
    this.status = status;
    this.fields = { ...NO_FIELDS, ...fields };
  }

  toResponse(): SqlResponse {
    return {
      status: this.status,
      headers: {},
      body: JSON.stringify({ message: this.message, ...this.fields }),
    };
  }
}

/** Turns whatever was thrown into an answer. What is not a `SqlError` is a defect of ours: 500. */
export function errorResponse(error: unknown): SqlResponse {
  if (error instanceof SqlError) return error.toResponse();
  return new SqlError(error instanceof Error ? error.message : String(error), 500).toResponse();
}
