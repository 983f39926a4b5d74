import { getOpenApiMetadata } from '@asteasolutions/zod-to-openapi';
import { z } from '@hono/zod-openapi';
import { type Actor, mayDo } from '../../domain/actor.ts';
import type { Context } from '../../domain/context.ts';
import type { Permission } from '../../domain/permissions.ts';
import { permissionMissing } from '../access.ts';
import { notValid } from '../errors.ts';

/** What a call does: looks, adds something each time, sets what a repeat leaves as it is, or does what cannot be taken back, once. */
type Effect = 'reads' | 'adds' | 'sets' | 'decides';

/** On whose behalf a tool is called, and for how long they may look on. */
export interface McpCall {
  context: Context;
  actor: Actor;
  until: Date | null;
  /** The client has gone. */
  signal: AbortSignal;
}

interface Declared<Input extends z.ZodObject> {
  name: string;
  title: string;
  description: string;
  permission: Permission;
  effect: Effect;
  input: Input;
  call(call: McpCall, input: z.output<Input>): Promise<object>;
}

/** A verb of the domain as other assistants see it: the same input, permission and answer as its route has. */
export interface McpTool extends Omit<Declared<z.ZodObject>, 'call' | 'input'> {
  inputSchema: { type: 'object'; [keyword: string]: unknown };
  /** @throws {AppError} permissionMissing, validationFailed, or what the verb throws */
  call(call: McpCall, given: unknown): Promise<object>;
}

export function mcpTool<Input extends z.ZodObject>({ input, call, ...described }: Declared<Input>): McpTool {
  return {
    ...described,
    inputSchema: schemaOf(input),
    async call(by, given) {
      if (!mayDo(by.actor, described.permission)) throw permissionMissing(described.permission);
      const parsed = input.safeParse(given);
      if (!parsed.success) throw notValid('arguments', parsed.error.issues);
      return call(by, parsed.data);
    },
  };
}

/** As the document has it: what a field means is written there for people, and read here by models. */
function schemaOf(input: z.ZodObject): McpTool['inputSchema'] {
  const { $schema: _, ...schema } = z.toJSONSchema(input, {
    io: 'input',
    override({ zodSchema, jsonSchema }) {
      const described = zodSchema instanceof z.ZodType && getOpenApiMetadata(zodSchema).description;
      if (described) jsonSchema.description ??= described;
    },
  });
  return { ...schema, type: 'object' };
}

/** What a client may tell its user before a call, and whether it may repeat one. */
export function annotationsOf({ title, effect }: Pick<McpTool, 'title' | 'effect'>) {
  switch (effect) {
    case 'reads':
      return { title, readOnlyHint: true };
    case 'adds':
      return { title, readOnlyHint: false, destructiveHint: false, idempotentHint: false };
    case 'sets':
      return { title, readOnlyHint: false, destructiveHint: false, idempotentHint: true };
    case 'decides':
      return { title, readOnlyHint: false, destructiveHint: true, idempotentHint: true };
  }
}
