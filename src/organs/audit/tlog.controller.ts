import { Controller, Get, Header, Param, Res, StreamableFile } from '@nestjs/common';
import { ApiOkResponse, ApiParam, ApiProduces, ApiTags } from '@nestjs/swagger';
import type { Response } from 'express';
import { Allows, Public } from '../../access/decorators.js';
import { parseIndexPath, TILE_WIDTH } from '../../event-log/merkle/tile.js';
import { TileReader } from '../../event-log/merkle/tile-reader.js';
import { ProblemError } from '../../platform/errors/problem.js';
import { ApiProblems } from '../../platform/http/answers.js';
import { NO_SUCH_TILE } from './audit.errors.js';
import { AuditRepository } from './audit.repository.js';

/** A full tile never changes. */
const FOREVER = 'public, max-age=31536000, immutable';
/** A partial tile does not change either, but gives way to the full one. */
const SHORTLY = 'public, max-age=60';
/** Highest level of a tree whose leaves a double counts. */
const LEVEL = /^[0-6]$/;

const BYTES = { 'application/octet-stream': { schema: { type: 'string', format: 'binary' } } };

/** The log as witnesses, mirrors and monitors read it: C2SP tlog-tiles. */
@ApiTags('Audit')
@ApiProblems(503)
@Controller('tlog')
export class TlogController {
  constructor(
    private readonly audit: AuditRepository,
    private readonly tiles: TileReader,
  ) {}

  @Get('checkpoint')
  @Header('Content-Type', 'text/plain; charset=utf-8')
  @Header('Cache-Control', 'no-cache')
  @Public({
    summary: 'The newest published checkpoint, with the cosignatures of witnesses (C2SP tlog-checkpoint)',
    description: 'At most a second behind the log. GET /api/v1/audit/checkpoint answers one of the log as it is now.',
  })
  @ApiProduces('text/plain')
  @ApiOkResponse({ content: { 'text/plain': { schema: { type: 'string' } } } })
  checkpoint(): Promise<string> {
    return this.audit.published();
  }

  @Get('tile/entries/*index')
  @Allows('log.read', {
    summary: 'Bodies of up to 256 consecutive events (C2SP tlog-tiles)',
    description:
      'Each body follows its length in two bytes, big-endian. The index is written as `x001/x234/067` or `067.p/12`.',
  })
  @ApiParam({ name: 'index', example: '000' })
  @ApiProduces('application/octet-stream')
  @ApiOkResponse({ content: BYTES })
  @ApiProblems(401, 403, 404)
  async entries(@Param('index') path: string | string[], @Res({ passthrough: true }) response: Response) {
    const tile = parseIndexPath(joined(path));
    const bodies = tile && (await this.tiles.entries(tile));
    if (!bodies) throw new ProblemError(NO_SUCH_TILE);
    // What agents said is for those who may read the log: no shared cache keeps it.
    response.setHeader('Cache-Control', 'private, max-age=31536000, immutable');
    return new StreamableFile(Buffer.concat(bodies.flatMap((body) => [lengthOf(body), body])));
  }

  @Get('tile/:level/*index')
  @Public({
    summary: 'Up to 256 hashes of the tree (C2SP tlog-tiles)',
    description: '32 bytes each. The index is written as `x001/x234/067` or `067.p/12`.',
  })
  @ApiParam({ name: 'level', example: '0' })
  @ApiParam({ name: 'index', example: '000' })
  @ApiProduces('application/octet-stream')
  @ApiOkResponse({ content: BYTES })
  @ApiProblems(404)
  async tile(
    @Param('level') level: string,
    @Param('index') path: string | string[],
    @Res({ passthrough: true }) response: Response,
  ) {
    const tile = LEVEL.test(level) ? parseIndexPath(joined(path)) : null;
    const hashes = tile && (await this.tiles.tile({ level: Number(level), ...tile }));
    if (!hashes) throw new ProblemError(NO_SUCH_TILE);
    response.setHeader('Cache-Control', tile.width === TILE_WIDTH ? FOREVER : SHORTLY);
    return new StreamableFile(hashes);
  }
}

/** The rest of a path, whichever way the router hands it over. */
function joined(path: string | string[]): string {
  return Array.isArray(path) ? path.join('/') : path;
}

function lengthOf(body: Buffer): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(body.length);
  return bytes;
}
