import { Module } from '@nestjs/common';
import { LogGauges } from './log-gauges.js';
import { MetricsController } from './metrics.controller.js';

@Module({ controllers: [MetricsController], providers: [LogGauges] })
export class MetricsModule {}
