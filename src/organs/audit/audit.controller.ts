import { Body, Controller, Get, Header, HttpCode, Param, Post, Query, StreamableFile } from '@nestjs/common';
import { ApiOkResponse, ApiProduces, ApiTags } from '@nestjs/swagger';
import { Allows, Commands, Public } from '../../access/decorators.js';
import { Submission } from '../../event-log/command.js';
import { LogKey } from '../../event-log/log-key.js';
import { ApiProblems } from '../../platform/http/answers.js';
import { ApiPage } from '../../platform/http/api-page.js';
import { EventIdParam } from '../../platform/http/route-params.js';
import { PageQuery } from '../../platform/http/paging.js';
import { AuditStatus } from './audit-status.js';
import { AuditRepository } from './audit.repository.js';
import { ConsistencyDto, ErasedDto, EventDetailDto, EventDto, VerificationDto } from './dto/audit-answers.dto.js';
import { AuditStatusDto, FindingDto, LogKeysDto } from './dto/audit-status.dto.js';
import { eraseCommand } from './erase.command.js';
import { ConsistencyQuery, EraseDto, EventsQuery, RangeQuery } from './dto/audit-requests.dto.js';
import { Verifier } from './verifier.js';

const TEXT = { 'text/plain': { schema: { type: 'string' } } };

/** The log, for those who check it. */
@ApiTags('Audit')
@ApiProblems(400, 503)
@Controller('audit')
export class AuditController {
  constructor(
    private readonly audit: AuditRepository,
    private readonly verifier: Verifier,
    private readonly key: LogKey,
    private readonly state: AuditStatus,
  ) {}

  @Get('events')
  @Allows('log.read', { summary: 'Events by ascending id' })
  @ApiPage(EventDto)
  @ApiProblems(401, 403)
  events(@Query() query: EventsQuery) {
    return this.audit.events(query);
  }

  @Get('events/:id')
  @Allows('log.read', { summary: 'One event with the exact text that was hashed' })
  @ApiOkResponse({ type: EventDetailDto })
  @ApiProblems(401, 403, 404)
  event(@Param() { id }: EventIdParam): Promise<EventDetailDto> {
    return this.audit.event(id);
  }

  @Get('events/:id/receipt')
  @Header('Content-Type', 'text/plain; charset=utf-8')
  @Allows('log.read', {
    summary: 'Proof that an event is in the log, to be checked offline (C2SP tlog-proof)',
    description: 'Index, inclusion proof and a signed checkpoint that covers the event.',
  })
  @ApiProduces('text/plain')
  @ApiOkResponse({ content: TEXT })
  @ApiProblems(401, 403, 404)
  receipt(@Param() { id }: EventIdParam): Promise<string> {
    return this.audit.receipt(id);
  }

  @Post('erasures')
  @HttpCode(200)
  @Commands('audit.erase', 'log.erase', {
    summary: 'Erase the texts that are kept beside an event',
    description: 'What is about a person, or was too large for the event. Every proof holds as before.',
  })
  @ApiOkResponse({ type: ErasedDto })
  @ApiProblems(401, 403, 404, 413, 415, 422, 429)
  erase(@Body() { event_id: eventId, reason }: EraseDto): Submission {
    return Submission.of(eraseCommand(eventId, reason));
  }

  @Get('proof/consistency')
  @Public({ summary: 'Proof that the log at one size is the beginning of the log at another (RFC 9162)' })
  @ApiOkResponse({ type: ConsistencyDto })
  consistency(@Query() query: ConsistencyQuery): Promise<ConsistencyDto> {
    return this.audit.consistency(query);
  }

  @Get('status')
  @Allows('log.read', {
    summary: 'How the log stands: head, checkpoints, witnesses, self-audits, findings, keys',
    description: 'The page that an auditor opens first.',
  })
  @ApiOkResponse({ type: AuditStatusDto })
  @ApiProblems(401, 403)
  status(): Promise<AuditStatusDto> {
    return this.state.status();
  }

  @Get('findings')
  @Allows('log.read', { summary: 'What self-audits found not to hold, the latest first' })
  @ApiPage(FindingDto)
  @ApiProblems(401, 403)
  findings(@Query() query: PageQuery) {
    return this.state.findings(query);
  }

  @Get('verify')
  @Allows('log.prove', {
    summary: 'Verify the chain, or a range of it',
    description:
      'Recomputes every hash and link, compares every copied column with its body, and the whole log with its head.',
  })
  @ApiOkResponse({ type: VerificationDto })
  @ApiProblems(401, 403, 429)
  verify(@Query() query: RangeQuery): Promise<VerificationDto> {
    return this.verifier.verify(query);
  }

  @Get('export')
  @Header('Content-Type', 'application/x-ndjson')
  @Allows('log.prove', { summary: 'The log as NDJSON, one event a line' })
  @ApiProduces('application/x-ndjson')
  @ApiOkResponse({
    description: '{"id":1,"hash":"<64 hex>","body":"<text>"} a line',
    content: { 'application/x-ndjson': { schema: { type: 'string' } } },
  })
  @ApiProblems(401, 403)
  async export(@Query() query: RangeQuery): Promise<StreamableFile> {
    return new StreamableFile(await this.audit.export(query), { type: 'application/x-ndjson' });
  }

  @Get('checkpoint')
  @Header('Content-Type', 'text/plain; charset=utf-8')
  @Public({ summary: 'A signed checkpoint of the log as it is now (C2SP tlog-checkpoint)' })
  @ApiProduces('text/plain')
  @ApiOkResponse({ content: TEXT })
  checkpoint(): Promise<string> {
    return this.audit.checkpoint();
  }

  @Get('key')
  @Header('Content-Type', 'text/plain; charset=utf-8')
  @Public({ summary: "The log's public key as a verifier key (C2SP signed-note)" })
  @ApiProduces('text/plain')
  @ApiOkResponse({ content: TEXT })
  publicKey(): string {
    return `${this.key.vkey}\n`;
  }

  @Get('keys')
  @Public({ summary: 'Every key that the log ever had; the last one signs now' })
  @ApiOkResponse({ type: LogKeysDto })
  async keys(): Promise<LogKeysDto> {
    return { keys: await this.state.keys() };
  }
}
