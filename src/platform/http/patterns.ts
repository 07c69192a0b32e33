/** The form of an agent's id, as callers choose it. */
export const AGENT_ID = /^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$/;
/** The form of an action type, cost type and the like. */
export const CODE = /^[A-Za-z0-9][A-Za-z0-9._:/-]{0,63}$/;
/** The form of a unit: lower case, no slash. */
export const UNIT = /^[a-z][a-z0-9_-]{0,31}$/;
/** Any UUID. */
export const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
/** The id of an event: 1, 2, 3 … with at most 15 digits, so that it is exact in JSON. */
export const EVENT_ID = /^[1-9]\d{0,14}$/;
