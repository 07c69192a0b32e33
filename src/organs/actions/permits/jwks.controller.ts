import { Controller, Get, Header } from '@nestjs/common';
import { ApiOkResponse, ApiTags } from '@nestjs/swagger';
import { Public } from '../../../access/decorators.js';
import { JwksDto } from '../dto/permit.dto.js';
import { PermitKey } from './permit-key.js';

/** Seconds that a key set may be kept: a changed SECRET_KEY is known everywhere after as long. */
const KEPT_SECONDS = 300;

/** The keys of permits, for tool servers. */
@ApiTags('Actions')
@Controller('.well-known')
export class JwksController {
  constructor(private readonly key: PermitKey) {}

  @Get('jwks.json')
  @Header('Cache-Control', `public, max-age=${KEPT_SECONDS}`)
  @Public({ summary: 'The public keys that permits are checked with (RFC 7517)' })
  @ApiOkResponse({ type: JwksDto })
  keys(): JwksDto {
    return { keys: [this.key.jwk] };
  }
}
