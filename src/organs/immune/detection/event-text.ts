import type { JsonObject, JsonValue } from '../../../platform/json.js';
import { asObject } from './saved-state.js';

/**
 * Cuts parts out of an event's body without reading the whole: the body is canonical JSON, so the order of its members is
 * known, and a quotation mark within a string stands behind a backslash. So a text like `,"costs":[` is never part of a string.
 */
export class EventText {
  private readonly effectsEnd: number;
  private readonly payloadAt: number;
  private readonly payloadEnd: number;

  constructor(
    private readonly body: string,
    id: number,
  ) {
    // Effects have no free JSON of callers; what looks like this further on stands in the payload.
    this.effectsEnd = body.indexOf(`],"id":${id},"occurred_at":"`);
    this.payloadAt = this.effectsEnd < 0 ? -1 : body.indexOf(',"payload":', this.effectsEnd);
    // Behind the payload there are only strings and null.
    this.payloadEnd = body.lastIndexOf(',"previous_event_id":');
  }

  /** Whether it is an event's body at all. */
  get isWhole(): boolean {
    return this.payloadAt > 0 && this.payloadEnd > this.payloadAt;
  }

  /** Whether an actor of some type did it, whose id is known. */
  isBy(type: string, id: string): boolean {
    const text = `{"actor":{"id":${JSON.stringify(id)},"type":"${type}"}`;
    return this.body.startsWith(text);
  }

  /** The text of the payload. */
  get payloadText(): string {
    return this.body.slice(this.payloadAt + ',"payload":'.length, this.payloadEnd);
  }

  get payload(): JsonObject {
    return asObject(JSON.parse(this.payloadText) as JsonValue) ?? {};
  }

  /** The rows of an entity after the event. */
  rowsOf(entity: string): JsonObject[] {
    const at = this.body.indexOf('"effects":');
    const effects = JSON.parse(this.body.slice(at + '"effects":'.length, this.effectsEnd + 1)) as JsonValue;
    if (!Array.isArray(effects)) return [];
    return (effects as JsonValue[])
      .map(asObject)
      .filter((effect) => effect?.['entity'] === entity)
      .map((effect) => asObject(effect?.['after']))
      .filter((row) => row !== null);
  }

  /** The amounts that are the first list of that name in the effects; null: there is none. */
  amountsOf(member: string): JsonValue | null {
    const open = this.body.indexOf(`,"${member}":[`);
    if (open < 0 || open > this.effectsEnd) return null;
    const start = open + member.length + 4;
    // Each amount ends with its unit, a string.
    const last = this.body.startsWith('[]', start) ? start + 1 : this.body.indexOf('"}]', start) + 2;
    if (last < start || last > this.effectsEnd) return null;
    return JSON.parse(this.body.slice(start, last + 1)) as JsonValue;
  }
}
