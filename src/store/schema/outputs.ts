import { integer, pgTable, primaryKey, text } from 'drizzle-orm/pg-core';
import type { OutputKind } from '../../outputs/outputs.ts';
import { runs } from '../schema.ts';
import { createdAt } from './columns.ts';

/** What runs hand over: named files and values, of the last step that saved them. Bounded where they are written. */
export const outputs = pgTable(
  'outputs',
  {
    runId: text('run_id')
      .notNull()
      .references(() => runs.id, { onDelete: 'cascade' }),
    name: text('name').notNull(),
    kind: text('kind').$type<OutputKind>().notNull(),
    mediaType: text('media_type').notNull(),
    content: text('content').notNull(),
    /** Of its UTF-8. */
    bytes: integer('bytes').notNull(),
    sha256: text('sha256').notNull(),
    stepNo: integer('step_no').notNull(),
    createdAt: createdAt(),
  },
  (t) => [primaryKey({ columns: [t.runId, t.name] })],
);
