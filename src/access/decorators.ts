import { applyDecorators, SetMetadata } from '@nestjs/common';
import { ApiBearerAuth, ApiExtension, ApiHeader, ApiOperation } from '@nestjs/swagger';
import { grantOf, type Permission } from './permissions.js';

/** What the guard and the interceptor know of a route. */
export interface RouteAccess {
  /** Absent: the route is public. */
  readonly permission?: Permission;
  /** The event type of a command's route; absent: reads, computes or only does bookkeeping. */
  readonly command?: string;
  /** Where the subject of a refusal stands in the request. */
  readonly subject?: { readonly type: string; readonly in: 'params' | 'body'; readonly member: string };
}

/** Metadata key of a route's access. */
export const ROUTE_ACCESS = 'echo:route-access';

interface Described {
  readonly summary: string;
  readonly description?: string;
}

/** A route for everybody. */
export function Public(about: Described): MethodDecorator {
  const description = `${about.description ? `${about.description}\n\n` : ''}May: everybody.`;
  return applyDecorators(
    SetMetadata(ROUTE_ACCESS, {} satisfies RouteAccess),
    ApiOperation({ ...about, description, security: [] }),
  );
}

/** A route that changes nothing in the log: reads, computations and bookkeeping such as heartbeats. */
export function Allows(permission: Permission, about: Described): MethodDecorator {
  return applyDecorators(
    SetMetadata(ROUTE_ACCESS, { permission } satisfies RouteAccess),
    ...documented(permission, about),
  );
}

/** A route whose handler describes commands; refusals by the guard become events of this type. */
export function Commands(
  command: string,
  permission: Permission,
  about: Described & { readonly subject?: RouteAccess['subject'] },
): MethodDecorator {
  const { subject, ...described } = about;
  const access: RouteAccess = subject ? { permission, command, subject } : { permission, command };
  return applyDecorators(
    SetMetadata(ROUTE_ACCESS, access),
    ApiHeader({
      name: 'Idempotency-Key',
      required: false,
      description: '1-255 printable characters; the same key, path and body within 24 h has one effect and one answer',
    }),
    ...documented(permission, described),
  );
}

function documented(permission: Permission, about: Described): (MethodDecorator & ClassDecorator)[] {
  const { roles, agent } = grantOf(permission);
  const who = [...roles, ...(agent === 'none' ? [] : [agent === 'own' ? 'an agent for itself' : 'any agent'])];
  const description = `${about.description ? `${about.description}\n\n` : ''}May: ${who.join(', ')}.`;
  const bearers = [
    ...(roles.length > 0 ? [ApiBearerAuth('user')] : []),
    ...(agent === 'none' ? [] : [ApiBearerAuth('agent')]),
  ];
  return [
    ApiOperation({ summary: about.summary, description }) as MethodDecorator & ClassDecorator,
    ApiExtension('x-roles', [...roles]) as MethodDecorator & ClassDecorator,
    ...(bearers as (MethodDecorator & ClassDecorator)[]),
  ];
}
