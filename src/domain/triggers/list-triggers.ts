import { listTriggers as readTriggers, type Trigger } from '../../store/triggers.ts';
import type { Context } from '../context.ts';

/** All triggers of an organisation, by repository. */
export const listTriggers = ({ db }: Context, organisationId: string): Promise<Trigger[]> =>
  readTriggers(db, organisationId);
