import { z } from 'zod';

/** What one field of a definition may weigh, in UTF-8 bytes. */
const LONGEST_TASK = 100_000;
/** JSON of a tool's input, and of all parameters of an execution. */
const LARGEST_JSON = 32_000;
const MOST_NODES = 1_000;
/** Each reference makes one too, so this bounds what an end of a node can set off. */
export const MOST_EDGES = 20_000;
export const MOST_PARALLEL = 50;
export const DEFAULT_PARALLEL = 10;

const bytesOf = (text: string): number => new TextEncoder().encode(text).byteLength;

const text = (most: number) =>
  z
    .string()
    .min(1)
    .refine((value) => value.isWellFormed() && !value.includes('\0'), {
      error: 'not well-formed text',
    })
    .refine((value) => bytesOf(value) <= most, { error: `longer than ${most} bytes` });

const name = z.string().regex(/^[A-Za-z][A-Za-z0-9_-]{0,62}$/, {
  error: 'a letter, then up to 62 letters, digits, "_" or "-"',
});

const jsonOf = <Schema extends z.ZodType>(schema: Schema) =>
  schema.refine((value) => bytesOf(JSON.stringify(value) ?? '') <= LARGEST_JSON, {
    error: `longer than ${LARGEST_JSON} bytes as JSON`,
  });

const scalar = z.union([z.string().max(1_000), z.number(), z.boolean(), z.null()]);

/** One question about a parameter or an output. Exactly one of the four comparisons is given. */
const checkSchema = z.strictObject({
  ref: z.string().max(300),
  equals: scalar.optional(),
  notEquals: scalar.optional(),
  exists: z.boolean().optional(),
  in: z.array(scalar).min(1).max(100).optional(),
});

const checks = z.array(checkSchema).min(1).max(50);

/** When a node is run. It is data: nothing in it is ever evaluated as code. */
const conditionSchema = z.union([
  checkSchema,
  z.strictObject({ all: checks }),
  z.strictObject({ any: checks }),
  z.strictObject({ not: checkSchema }),
]);

const onFailure = z.enum(['failFast', 'continue']);

const nodeSchema = z.strictObject({
  id: name,
  /** What an agent is told, or `tool` with its `input`: one of the two. */
  task: text(LONGEST_TASK).optional(),
  tool: z.string().max(100).optional(),
  input: jsonOf(z.record(z.string(), z.unknown())).optional(),
  /** The agent whose configuration and repository the node gets; else the DAG's. */
  agentId: z.string().max(100).optional(),
  dependsOn: z.array(name).max(MOST_NODES).optional(),
  when: conditionSchema.optional(),
  retries: z.int().min(0).max(10).optional(),
  /** A JSON Schema that what the agent hands in is held to, which is the node's output then. */
  outputSchema: jsonOf(z.record(z.string(), z.unknown())).optional(),
  timeoutSeconds: z.int().min(1).max(604_800).optional(),
  onFailure: onFailure.optional(),
});

const paramSchema = z.strictObject({
  description: text(1_000).optional(),
  default: jsonOf(z.unknown()).optional(),
});

export const dagShape = {
  name: text(200).refine((value) => value.length <= 100 && value.trim() !== '', {
    error: 'empty or longer than 100 characters',
  }),
  /** What it is for, in the user's words. */
  goal: text(LONGEST_TASK).nullable().optional(),
  agentId: z.string().max(100).optional(),
  params: z.record(name, paramSchema).optional(),
  onFailure: onFailure.optional(),
  /** How many nodes may be at work at the same time. */
  parallelism: z.int().min(1).max(MOST_PARALLEL).optional(),
  nodes: z.array(nodeSchema).min(1).max(MOST_NODES),
};

/** A DAG as it is written down. Whether it makes sense as a whole is for `checkDag`. */
export const dagSchema = z.strictObject(dagShape);

/** What a model writes of one: whose words the goal has, and which agent does the work, is not for it to say. */
export const plannedDagSchema = dagSchema.omit({ goal: true, agentId: true });

export type DagDefinition = z.infer<typeof dagSchema>;
export type DagNode = z.infer<typeof nodeSchema>;
export type Condition = z.infer<typeof conditionSchema>;
export type Check = z.infer<typeof checkSchema>;

/** What may be given for the parameters of an execution. */
export const paramsSchema = jsonOf(z.record(name, z.unknown()));
