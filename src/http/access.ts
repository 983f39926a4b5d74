import type { MiddlewareHandler } from 'hono';
import { createMiddleware } from 'hono/factory';
import { mayDo } from '../domain/actor.ts';
import { AppError } from '../domain/errors.ts';
import type { Permission } from '../domain/permissions.ts';
import type { AppEnv } from './app-env.ts';

const EITHER: ({ accessToken: [] } | { apiKey: [] })[] = [{ accessToken: [] }, { apiKey: [] }];

/** For a stream, which a ticket opens as well. */
export const needsOrTicket = (permission: Permission) => {
  const { security, ...rest } = needs(permission);
  return { ...rest, security: [...security, { ticket: [] }] };
};

/**
 * What a contract behind `authenticate` says of who may use it. The document shows it as `x-permission`.
 *
 * @param then what else comes before the request is read: a `middleware` of the contract's own would take the place of this one
 */
export const needs = (permission: Permission, ...then: MiddlewareHandler<AppEnv>[]) => ({
  security: EITHER,
  middleware: [permit(permission), ...then],
  'x-permission': permission,
});

const permit = (permission: Permission) =>
  createMiddleware<AppEnv>(async (c, next) => {
    if (!mayDo(c.get('actor'), permission)) throw permissionMissing(permission);
    await next();
  });

export const permissionMissing = (permission: Permission) =>
  new AppError('permissionMissing', `This needs the permission "${permission}", which you do not have here.`);
