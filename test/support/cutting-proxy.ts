import { connect, createServer, type Server, type Socket } from 'node:net';

/** A way to PostgreSQL that can be cut at the worst moment. */
export interface CuttingProxy {
  readonly url: string;
  /** From now on: `before` loses the next commit on its way there, `after` loses its answer on the way back. */
  cutCommit(when: 'before' | 'after'): void;
  /** Takes no connections, or takes them again. */
  refuse(refusing: boolean): void;
  /** Takes connections and bytes and passes nothing on, as a network does that lost its way; or stops doing so. */
  stall(stalling: boolean): void;
  close(): Promise<void>;
}

/** The query of a commit, as the wire has it (PostgreSQL's protocol, message Q). */
const COMMIT = Buffer.from('Q\0\0\0\x0bcommit\0', 'latin1');

/** Opens a proxy in front of a database whose server listens on a socket. */
export async function openCuttingProxy(databaseUrl: string): Promise<CuttingProxy> {
  const [, credentials = '', name = '', query = ''] = /^postgresql:\/\/(.*)@\/(.*)\?(.*)$/.exec(databaseUrl) ?? [];
  const target = `${new URLSearchParams(query).get('host')}/.s.PGSQL.5432`;
  let cut: 'before' | 'after' | null = null;
  let refusing = false;
  let stalling = false;
  const sockets = new Set<Socket>();
  const server: Server = createServer((client) => {
    if (refusing) return void client.destroy();
    const upstream = connect(target);
    let muted = false;
    const end = (): void => {
      client.destroy();
      upstream.destroy();
    };
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', end).on('close', end);
    }
    client.on('data', (data) => {
      if (stalling) return;
      const commits = data.includes(COMMIT);
      if (commits && cut === 'before') {
        cut = null;
        return end();
      }
      if (commits && cut === 'after') {
        cut = null;
        muted = true;
        // The server commits; its answer never arrives.
        upstream.once('data', end);
      }
      upstream.write(data);
    });
    upstream.on('data', (data) => {
      if (!muted && !stalling) client.write(data);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  const { port } = server.address() as { port: number };
  return {
    url: `postgresql://${credentials}@127.0.0.1:${port}/${name}`,
    cutCommit: (when) => (cut = when),
    refuse: (on) => {
      refusing = on;
      if (on) for (const socket of sockets) socket.destroy();
    },
    stall: (on) => {
      stalling = on;
      // What was swallowed is lost: these connections are of no use any more.
      if (!on) for (const socket of sockets) socket.destroy();
    },
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => resolve());
      }),
  };
}
