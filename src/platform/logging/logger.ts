import type { LoggerService } from '@nestjs/common';
import { pino, type DestinationStream, type Logger as PinoLogger, type LoggerOptions } from 'pino';
import { currentContext } from '../context/request-context.js';

/** Members that are never written, wherever they stand in a log line. */
const SECRET_PATHS = [
  'authorization',
  'password',
  'api_key',
  'access_token',
  'refresh_token',
  'activation_token',
].flatMap((name) => [name, `*.${name}`, `*.*.${name}`]);

/** What database errors say of rows and values: enough to hold a hash or a name. */
const ROW_PATHS = ['err.detail', 'err.where', 'err.parameters', 'err.driverError'];

/** JSON lines on standard output (or into a sink), each with the id of the request in hand. */
export function createLogger(level: string, sink?: DestinationStream): PinoLogger {
  const options: LoggerOptions = {
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    mixin: () => {
      const context = currentContext();
      return context ? { request_id: context.requestId } : {};
    },
    redact: { paths: [...SECRET_PATHS, ...ROW_PATHS], censor: '[secret]' },
  };
  return sink ? pino(options, sink) : pino(options);
}

/** Parts of Nest that write a line for each module and route at every start. */
const CHATTY_PARTS = new Set(['InstanceLoader', 'NestFactory', 'RouterExplorer', 'RoutesResolver']);

/** Nest's log lines, written by pino. */
export class NestLogger implements LoggerService {
  constructor(private readonly lines: PinoLogger) {}

  log(message: unknown, ...rest: unknown[]): void {
    this.write(CHATTY_PARTS.has(String(rest.at(-1))) ? 'debug' : 'info', message, rest);
  }

  error(message: unknown, ...rest: unknown[]): void {
    this.write('error', message, rest);
  }

  warn(message: unknown, ...rest: unknown[]): void {
    this.write('warn', message, rest);
  }

  debug(message: unknown, ...rest: unknown[]): void {
    this.write('debug', message, rest);
  }

  verbose(message: unknown, ...rest: unknown[]): void {
    this.write('trace', message, rest);
  }

  fatal(message: unknown, ...rest: unknown[]): void {
    this.write('fatal', message, rest);
  }

  /** Nest puts the name of the part that logs last; an object is merged into the line, as pino does. */
  private write(
    level: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal',
    message: unknown,
    rest: unknown[],
  ): void {
    const texts = rest.filter((r): r is string => typeof r === 'string');
    const part = texts.at(-1);
    if (message instanceof Error) this.lines[level]({ err: message, part }, message.message);
    else if (typeof message === 'object' && message !== null)
      this.lines[level]({ ...message, part }, texts.length > 1 ? texts[0] : undefined);
    else
      this.lines[level](
        { part, ...(level === 'error' && texts.length > 1 ? { stack: texts[0] } : {}) },
        String(message),
      );
  }
}
