export { basePrice, BASE_VERSION, type VersionedCard } from './base-prices.js';
export { cardFaults, type Fault, type PriceCard } from './price-card.js';
export { priceOf, type Counts } from './price-of.js';
export { usageOfBody, type ProviderBody } from './usage-body.js';
export { REQUESTS, USAGE_KINDS } from './usage-kinds.js';
