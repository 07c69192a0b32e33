import { Injectable } from '@nestjs/common';
import type { OpenOrdersDto } from './dto/stop-order.dto.js';
import { OrderWatch } from './order-watch.js';
import { StopOrdersRepository } from './stop-orders.repository.js';

/** What an agent is ordered to do. */
@Injectable()
export class Orders {
  constructor(
    private readonly repository: StopOrdersRepository,
    private readonly watch: OrderWatch,
  ) {}

  /** The open orders: at once where there are some, else when there is one or the wait is over. */
  async open(agentId: string, waitSeconds: number, signal: AbortSignal): Promise<OpenOrdersDto> {
    const items = await this.repository.open(agentId);
    if (items.length > 0 || waitSeconds === 0) return { items };
    const isWoken = await this.watch.wait(agentId, waitSeconds, signal);
    return { items: isWoken ? await this.repository.open(agentId) : [] };
  }
}
