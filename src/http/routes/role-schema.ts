import { z } from '@hono/zod-openapi';
import { ROLES } from '../../domain/permissions.ts';

export const roleSchema = z.enum(ROLES).openapi('Role');
