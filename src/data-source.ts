import {
  CheckpointRow,
  CheckpointSinkRow,
  CosignatureRow,
  EventLogRow,
  EventTextRow,
  IdempotencyRow,
  LogHeadRow,
  LogTileRow,
} from './event-log/entities.js';
import { AgentKeySecret } from './organs/agents/entities/agent-key-secret.entity.js';
import { AgentKey } from './organs/agents/entities/agent-key.entity.js';
import { Agent } from './organs/agents/entities/agent.entity.js';
import { StatePolicy } from './organs/arbiter/entities/state-policy.entity.js';
import { ApprovalPolicy } from './organs/arbiter/entities/approval-policy.entity.js';
import { Escalation } from './organs/arbiter/entities/escalation.entity.js';
import { SubstrateState } from './organs/arbiter/entities/substrate-state.entity.js';
import { AuditFinding } from './organs/audit/entities/audit-finding.entity.js';
import { AuditRun } from './organs/audit/entities/audit-run.entity.js';
import { Session } from './organs/identity/entities/session.entity.js';
import { UserCredential } from './organs/identity/entities/user-credential.entity.js';
import { User } from './organs/identity/entities/user.entity.js';
import { BudgetRefusal } from './organs/immune/entities/budget-refusal.entity.js';
import { ImmuneFinding } from './organs/immune/entities/immune-finding.entity.js';
import { ImmunePolicy } from './organs/immune/entities/immune-policy.entity.js';
import { ImmuneProgress, ImmuneSeries, ReplicaPulse } from './organs/immune/entities/immune-progress.entity.js';
import { Observation } from './organs/immune/entities/observation.entity.js';
import { Quarantine } from './organs/immune/entities/quarantine.entity.js';
import { SensorSeries } from './organs/immune/entities/sensor-series.entity.js';
import { StopOrder } from './organs/immune/entities/stop-order.entity.js';
import { Account } from './organs/metabolism/entities/account.entity.js';
import { Hold } from './organs/metabolism/entities/hold.entity.js';
import { LedgerEntry } from './organs/metabolism/entities/ledger-entry.entity.js';
import { Limit } from './organs/metabolism/entities/limit.entity.js';
import { Price } from './organs/metabolism/entities/price.entity.js';
import { Scope } from './organs/metabolism/entities/scope.entity.js';

/** Every table that has an entity. */
export const ENTITIES = [
  EventLogRow,
  LogHeadRow,
  EventTextRow,
  IdempotencyRow,
  LogTileRow,
  CheckpointRow,
  CosignatureRow,
  CheckpointSinkRow,
  User,
  UserCredential,
  Session,
  Agent,
  AgentKey,
  AgentKeySecret,
  Scope,
  Account,
  Limit,
  Hold,
  LedgerEntry,
  Price,
  Quarantine,
  ImmunePolicy,
  ImmuneFinding,
  ImmuneProgress,
  ImmuneSeries,
  ReplicaPulse,
  BudgetRefusal,
  Observation,
  SensorSeries,
  StopOrder,
  SubstrateState,
  StatePolicy,
  Escalation,
  ApprovalPolicy,
  AuditFinding,
  AuditRun,
];
