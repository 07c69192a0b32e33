import { EventLog1763900000001 } from './1763900000001-event-log.js';
import { Identity1763900000002 } from './1763900000002-identity.js';
import { Agents1763900000003 } from './1763900000003-agents.js';
import { Metabolism1763900000004 } from './1763900000004-metabolism.js';
import { Immune1763900000005 } from './1763900000005-immune.js';
import { Arbiter1763900000006 } from './1763900000006-arbiter.js';
import { Tiles1763900000007 } from './1763900000007-tiles.js';
import { Checkpoints1763900000008 } from './1763900000008-checkpoints.js';
import { SelfAudit1763900000010 } from './1763900000010-self-audit.js';
import { Erasure1763900000011 } from './1763900000011-erasure.js';
import { Hierarchy1763900000012 } from './1763900000012-hierarchy.js';
import { Immunity1763900000013 } from './1763900000013-immunity.js';
import { Leases1763900000014 } from './1763900000014-leases.js';
import { Escalations1763900000015 } from './1763900000015-escalations.js';
import { StatePolicies1763900000016 } from './1763900000016-state-policies.js';
import { Observations1763900000017 } from './1763900000017-observations.js';

/** Every migration, in order. A released one is never edited: changes are further migrations. */
export const MIGRATIONS = [
  EventLog1763900000001,
  Identity1763900000002,
  Agents1763900000003,
  Metabolism1763900000004,
  Immune1763900000005,
  Arbiter1763900000006,
  Tiles1763900000007,
  Checkpoints1763900000008,
  SelfAudit1763900000010,
  Erasure1763900000011,
  Hierarchy1763900000012,
  Immunity1763900000013,
  Leases1763900000014,
  Escalations1763900000015,
  StatePolicies1763900000016,
  Observations1763900000017,
];
