import { z } from '@hono/zod-openapi';

export const roleSchema = z.enum(['viewer', 'member', 'admin', 'owner']).openapi('Role');
