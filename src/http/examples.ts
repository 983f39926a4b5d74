import recorded from './examples.json' with { type: 'json' };

/** Examples of the contract, by `operationId`. Each was got from the API by a flow of `test/contract/flows`. */
export interface Examples {
  requests: Record<string, unknown>;
  /** By status and media type, such as `200 application/json`; of a stream by the type of its events. */
  answers: Record<string, Record<string, unknown>>;
  /** By code. */
  problems: Record<string, unknown>;
}

export const EXAMPLES: Examples = recorded;
