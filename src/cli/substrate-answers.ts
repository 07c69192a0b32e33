import { z } from 'zod';

/** The members of the API's answers that the command line reads; others may come and are passed over. */

export const TokensSchema = z.object({
  access_token: z.string(),
  refresh_token: z.string(),
  /** Life of the access token in seconds. */
  expires_in: z.number(),
  roles: z.array(z.string()).optional(),
});
export type Tokens = z.infer<typeof TokensSchema>;

export const UserSchema = z.object({
  id: z.string(),
  username: z.string(),
  roles: z.array(z.string()),
  disabled: z.boolean().optional(),
});
export type User = z.infer<typeof UserSchema>;

/** `activation_token` is null in a replayed answer: secrets are shown once. */
export const ActivationSchema = z.object({ activation_token: z.string().nullable() });

export const AgentSchema = z.object({ agent_id: z.string() });
/** `api_key` is null in a replayed answer: secrets are shown once. */
export const IssuedKeySchema = z.object({ api_key: z.string().nullable() });

export const AllocationSchema = z.object({ allocated_budget: z.number(), window_end: z.string() });

export const BudgetSchema = z.object({
  total_budget: z.number(),
  spent_budget: z.number(),
  reserved_budget: z.number(),
  debt: z.number(),
  remaining_budget: z.number(),
});
export type Budget = z.infer<typeof BudgetSchema>;

export const AuthorizationSchema = z.object({ action_id: z.string(), remaining_budget: z.number() });

const AmountSchema = z.object({ amount: z.number(), unit: z.string() });

/** A completed action (`cost`) or a charge (`charged`). */
export const BookedSchema = z.object({ cost: AmountSchema.optional(), charged: AmountSchema.optional() });

/** Any decided command: the event that records it. */
export const DecidedSchema = z.object({ event: z.object({ id: z.number(), hash: z.string() }) });

export const ImmuneStatusSchema = z.object({ agent_id: z.string(), is_quarantined: z.boolean() });

export const VerificationSchema = z.object({
  valid: z.boolean(),
  events_checked: z.number(),
  head: z.object({ id: z.number(), hash: z.string() }),
  first_break: z.object({ event_id: z.number(), reason: z.string() }).nullable(),
  duration_ms: z.number(),
});
export type Verification = z.infer<typeof VerificationSchema>;

/** A page of a list. */
export function pageOf<T>(item: z.ZodType<T>): z.ZodType<{ items: T[]; next_cursor?: string | null | undefined }> {
  return z.object({ items: z.array(item), next_cursor: z.string().nullish() });
}
