// Loads every entity, so that all tables are known by the effects that make them.
import '../data-source.js';

export { derivedTables } from '../event-log/table.js';
