import type { JsonObject, JsonValue } from '../../../platform/json.js';
import type { Quantity } from './fact.js';
import { asObject, savedText } from './saved-state.js';

/** Where the actor's id begins. */
const ACTOR_ID_AT = '{"actor":{"id":"'.length;

/** What stands around the texts of an amount; a unit has no quotation mark. */
const AMOUNT = '{"amount":"';
const UNIT = '","unit":"';
const NEXT = '"},';

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

  /** Whether the agent of this id did it. */
  isByAgent(id: string): boolean {
    if (this.body.startsWith(`${id}","type":"agent"}`, ACTOR_ID_AT)) return true;
    // An id with a quotation mark in it stands there otherwise.
    return this.body.startsWith(`{"actor":{"id":${JSON.stringify(id)},"type":"agent"}`);
  }

  /** Whether the effects have a text that is part of no string. */
  hasEffect(structure: string): boolean {
    const at = this.body.indexOf(structure);
    return at >= 0 && at < this.effectsEnd;
  }

  /** The text of the payload. */
  get payloadText(): string {
    return this.body.slice(this.payloadAt + ',"payload":'.length, this.payloadEnd);
  }

  /** The first member of the payload where it has this name and a text for a value; null: it is another. */
  firstText(member: string): string | null {
    const start = this.payloadAt + ',"payload":'.length;
    const before = `{"${member}":"`;
    if (!this.body.startsWith(before, start)) return null;
    const end = this.body.indexOf('"', start + before.length);
    const text = this.body.slice(start + before.length, end);
    // With a backslash the end may be none.
    return text.includes('\\') ? savedText(this.payload, member) : text;
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

  /** The amounts that are the first list of that name in the effects, `[{"amount":"1.5","unit":"usd"}]`; none where there is none. */
  quantitiesIn(member: string): Quantity[] {
    const quantities: Quantity[] = [];
    const list = `,"${member}":[`;
    let at = this.body.indexOf(list);
    if (at < 0 || at > this.effectsEnd) return quantities;
    at += list.length;
    while (this.body.startsWith(AMOUNT, at)) {
      const amountAt = at + AMOUNT.length;
      const amountEnd = this.body.indexOf('"', amountAt);
      if (!this.body.startsWith(UNIT, amountEnd)) return quantities;
      const unitAt = amountEnd + UNIT.length;
      const unitEnd = this.body.indexOf('"', unitAt);
      const amount = Number(this.body.slice(amountAt, amountEnd));
      if (Number.isFinite(amount)) quantities.push({ unit: this.body.slice(unitAt, unitEnd), amount });
      at = unitEnd + NEXT.length;
    }
    return quantities;
  }
}
