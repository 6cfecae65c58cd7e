import { createServer, type AddressInfo, type Server } from 'node:net';

/** Ports are given once: who got one may not listen on it yet when the next asks. */
const given = new Set<number>();

/** Ports that were free on loopback a moment ago, all different from each other and from any given before. */
export async function freePorts(count: number): Promise<number[]> {
  const servers: Server[] = [];
  const ports: number[] = [];
  while (ports.length < count) {
    const server = await listen();
    servers.push(server);
    const { port } = server.address() as AddressInfo;
    if (given.has(port)) continue;
    given.add(port);
    ports.push(port);
  }
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

function listen(): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject).listen(0, '127.0.0.1', () => resolve(server));
  });
}
