/**
 * Limits of a connection. Node's own close no slow connection within a minute, and a few hundred of them hold a server.
 * They end a client that sends nothing or drips; how long an answer takes is not limited here.
 */
export const CONNECTION_LIMITS = {
  /** Time for the request line and all headers, in ms. */
  headersTimeout: 10_000,
  /** Time for the whole request with its body, in ms: the largest body in two seconds leaves room for a slow line. */
  requestTimeout: 15_000,
  /** How often the two above are looked at, in ms. */
  connectionsCheckingInterval: 1_000,
  /** Time that a connection may idle between requests, in ms: longer than a proxy keeps one, so that the proxy closes first. */
  keepAliveTimeout: 65_000,
  /** Request line and headers together, in bytes. */
  maxHeaderSize: 16 * 1024,
};
