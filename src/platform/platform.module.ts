import { type DynamicModule, Global, Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { Registry } from 'prom-client';
import { Config } from './config/config.js';
import { DatabaseUrl } from './database/database-url.js';
import { clientOptions } from './database/client.js';
import { processRegistry } from './metrics/registry.js';

/** Connections for reads: a GET holds one for a few ms. */
const READ_CONNECTIONS = 8;

/** Configuration, the read-only database pool and the registry of metrics, for every module. */
@Global()
@Module({})
export class PlatformModule {
  static with(config: Config, database: DatabaseUrl, entities: readonly (new () => object)[]): DynamicModule {
    const { connectionString: _url, ...extra } = clientOptions(database.url, 'read');
    return {
      module: PlatformModule,
      imports: [
        TypeOrmModule.forRoot({
          type: 'postgres',
          url: database.url,
          entities: [...entities],
          poolSize: READ_CONNECTIONS,
          retryAttempts: 0,
          extra,
        }),
      ],
      providers: [
        { provide: Config, useValue: config },
        { provide: DatabaseUrl, useValue: database },
        { provide: Registry, useFactory: processRegistry },
      ],
      exports: [Config, DatabaseUrl, Registry],
    };
  }
}
