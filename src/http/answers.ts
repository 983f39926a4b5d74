import type { z } from '@hono/zod-openapi';
import type { ErrorCode } from '../domain/errors.ts';
import { BODY_PROBLEMS, created, json, problems, TOKEN_PROBLEMS } from './contract.ts';
import { listOf } from './pagination.ts';

/**
 * What routes behind `authenticate` answer, by what they do to the resource of their noun. The codes are those that only this route
 * has: the ones of its token are there by themselves, and those of a body or of the query of a list where there is one.
 */

/** 200: it is looked at, or something was done to it that takes no body. */
export const shows = <Schema extends z.ZodType>(
  schema: Schema,
  description: string,
  ...codes: ErrorCode[]
) => ({
  200: json(schema, description),
  ...problems(...codes, ...TOKEN_PROBLEMS),
});

/** 200: a page, of as many as its query says. */
export const lists = <Schema extends z.ZodType>(schema: Schema, description: string, ...codes: ErrorCode[]) =>
  shows(listOf(schema), description, ...codes, 'validationFailed');

/** 201: it was made from a body. */
export const makes = <Schema extends z.ZodType>(
  schema: Schema,
  description: string,
  ...codes: ErrorCode[]
) => ({
  201: created(schema, description),
  ...problems(...codes, ...BODY_PROBLEMS, ...TOKEN_PROBLEMS),
});

/** 200: it was changed by a body. */
export const changesTo = <Schema extends z.ZodType>(
  schema: Schema,
  description: string,
  ...codes: ErrorCode[]
) => shows(schema, description, ...codes, ...BODY_PROBLEMS);

/** 202: something was begun that takes no body. */
export const begins = <Schema extends z.ZodType>(
  schema: Schema,
  description: string,
  ...codes: ErrorCode[]
) => ({
  202: json(schema, description),
  ...problems(...codes, ...TOKEN_PROBLEMS),
});

/** 204: it is there no more. */
export const removes = (description: string, ...codes: ErrorCode[]) => ({
  204: { description },
  ...problems(...codes, ...TOKEN_PROBLEMS),
});
