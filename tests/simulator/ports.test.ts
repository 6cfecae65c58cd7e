import { existsSync, readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { expect } from 'chai';
import { freePorts } from '../../simulator';

const RANGE = '/proc/sys/net/ipv4/ip_local_port_range';

describe('free ports', () => {
  it('are all different, from call to call too, and can be listened on', async () => {
    const ports = [...(await freePorts(40)), ...(await freePorts(40))];
    expect(new Set(ports)).to.have.length(80);
    const servers = await Promise.all(ports.map(listen));
    for (const server of servers) server.close();
  });

  it('are none that the system may give to an outgoing connection', async function () {
    if (!existsSync(RANGE)) this.skip();
    const [first, last] = readFileSync(RANGE, 'utf8').trim().split(/\s+/).map(Number);
    // A machine whose ephemeral range covers all others leaves no choice.
    if (first! < 32_768) this.skip();
    for (const port of await freePorts(100)) expect(port).not.to.be.within(first!, last!);
  });
});

function listen(port: number): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject).listen(port, '127.0.0.1', () => resolve(server));
  });
}
