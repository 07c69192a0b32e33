import { readFileSync } from 'node:fs';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import type { Response } from 'supertest';

interface Operation {
  readonly responses: Record<string, { readonly content?: Record<string, { readonly schema?: object }> }>;
}

interface Document {
  readonly paths: Record<string, Record<string, Operation>>;
  readonly components: { readonly schemas: Record<string, Record<string, unknown>> };
}

/** Longest quotation in a complaint, in characters. */
const WORDS_MAX = 600;
/** Name of the document for references. */
const DOCUMENT = 'openapi.json';

/**
 * Compares answers with the OpenAPI document that the server publishes: the status is documented, the type of the content
 * too, and the body is what the schema says, with no member that it does not name.
 */
class AnswerCheck {
  private readonly ajv = new Ajv2020({ strict: false, allErrors: true });
  private readonly routes: { readonly pattern: RegExp; readonly path: string }[];
  private readonly validators = new Map<string, ValidateFunction>();

  constructor(private readonly document: Document) {
    (formats as unknown as (ajv: Ajv2020) => void)(this.ajv);
    closeSchemas(document);
    this.ajv.addSchema(document, DOCUMENT);
    // A path without parameters wins over one that also fits it.
    this.routes = Object.keys(document.paths)
      .toSorted((a, b) => a.split('{').length - b.split('{').length)
      .map((path) => ({ path, pattern: new RegExp(`^${path.replaceAll(/\{[^}]+\}/g, '[^/]+')}$`) }));
  }

  /** What is wrong with an answer, or null; requests that no route takes are not looked at. */
  fault(method: string, url: string, answer: Response): string | null {
    const { pathname } = new URL(url);
    const path = this.routes.find(({ pattern }) => pattern.test(pathname))?.path;
    const operation = path === undefined ? undefined : this.document.paths[path]?.[method.toLowerCase()];
    if (path === undefined || !operation) return null;
    const what = `${method} ${path} → ${answer.status}`;
    const documented = operation.responses[String(answer.status)];
    if (!documented) return `${what} is not in the OpenAPI document: ${answer.text}`;
    const { content } = documented;
    const type = (answer.headers['content-type'] ?? '').split(';')[0] ?? '';
    if (!content) return type === '' ? null : `${what} has a body of type ${type} that is not documented`;
    if (!content[type]) return `${what} has the type ${type}, documented is ${Object.keys(content).join(', ')}`;
    if (!type.endsWith('json') || !content[type].schema) return null;
    const schema = ['paths', path, method.toLowerCase(), 'responses', String(answer.status), 'content', type, 'schema'];
    const validate = this.validatorOf(schema);
    if (validate(answer.body)) return null;
    const faults = this.ajv.errorsText(validate.errors, { dataVar: 'body' }).slice(0, WORDS_MAX);
    return `${what}: ${faults}; it is ${answer.text.slice(0, WORDS_MAX)}`;
  }

  private validatorOf(path: readonly string[]): ValidateFunction {
    const pointer = path.map((part) => encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1'))).join('/');
    const known = this.validators.get(pointer);
    if (known) return known;
    const validate = this.ajv.compile({ $ref: `${DOCUMENT}#/${pointer}` });
    this.validators.set(pointer, validate);
    return validate;
  }
}

/** Allows objects no member that their schema does not name; parts of a composition have the members of the others too. */
function closeSchemas(document: Document): void {
  const parts = new Set<unknown>();
  const compositions: Record<string, unknown>[] = [];
  const walk = (node: unknown): void => {
    if (typeof node !== 'object' || node === null) return;
    const { allOf } = node as { allOf?: { $ref?: string }[] };
    if (Array.isArray(allOf)) {
      compositions.push(node as Record<string, unknown>);
      for (const { $ref } of allOf) parts.add($ref);
    }
    Object.values(node).forEach(walk);
  };
  walk(document);
  const whole = Object.entries(document.components.schemas)
    .filter(([name, schema]) => schema['type'] === 'object' && !parts.has(`#/components/schemas/${name}`))
    .map(([, schema]) => schema);
  for (const schema of [...whole, ...compositions]) {
    if (!('additionalProperties' in schema)) schema['unevaluatedProperties'] = false;
  }
}

let check: AnswerCheck | null = null;

/** @throws Error when an answer is not what the OpenAPI document says; global-setup.mjs has written it */
export function expectDocumented(method: string, url: string, answer: Response): void {
  check ??= new AnswerCheck(JSON.parse(readFileSync(process.env['ECHO_TEST_OPENAPI'] ?? '', 'utf8')) as Document);
  const fault = check.fault(method, url, answer);
  if (fault !== null) throw new Error(fault);
}
