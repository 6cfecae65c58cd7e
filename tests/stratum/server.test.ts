import { execFileSync, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, connect, type AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { StratumClient, type Found } from '../fixtures/stratum-client';
import { EASIEST, StratumTestNode } from '../fixtures/stratum-node';
import { until } from '../fixtures/until';

const ROUND = 5;

describe('a Stratum server', () => {
  let node: StratumTestNode;
  let clients: StratumClient[];
  beforeEach(() => (clients = []));
  afterEach(async () => {
    for (const client of clients) client.close();
    await node.close();
  });
  const connected = async (tls = false): Promise<StratumClient> => {
    const client = await StratumClient.connect(node.port, { tls });
    clients.push(client);
    return client;
  };
  const endedBecause = (why: string): boolean => node.logged(`because ${why}`).length > 0;

  it('takes as many connections as the owner says, and another when one has gone', async () => {
    node = await StratumTestNode.open({ config: { STRATUM_MAX_CONNECTIONS: 3 } });
    for (let i = 0; i < 3; i++) await (await connected()).subscribe('');
    const fourth = await connected();
    await until(() => fourth.isClosed);
    expect(node.server.size).to.equal(3);
    expect(clients[0]!.isClosed).to.equal(false);
    clients[0]!.close();
    await until(() => node.server.size === 2);
    await (await connected()).subscribe('');
    expect(node.server.size).to.equal(3);
  });

  it('takes the next port where one is taken, which is no fault', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    node = await StratumTestNode.open({ config: { STRATUM_PORT: port } });
    other.close();
    expect(node.port).to.be.within(port + 1, port + 19);
    expect(
      node.logged(`Stratum miners connect to stratum+tcp://127.0.0.1:${node.port}`),
    ).to.have.length(1);
    expect(node.logged(`port ${port} of 127.0.0.1 can't be had`)).to.have.length(1);
    expect(node.logged('ERROR')).to.deep.equal([]);
  });

  it('is none with port 0', async () => {
    node = await StratumTestNode.open({ config: { STRATUM_PORT: 0 } });
    expect(node.server.address).to.equal(undefined);
    expect(node.lines).to.deep.equal([]);
  });

  it('is none, not even one in the clear, where its certificate can not be had', async () => {
    const config = { STRATUM_TLS_CERT: '/nowhere/cert.pem', STRATUM_TLS_KEY: '/nowhere/key.pem' };
    node = await StratumTestNode.open({ config });
    expect(node.server.address).to.equal(undefined);
    expect(node.logged('no Stratum')).to.have.length(1);
  });

  it('ends all connections when it closes', async () => {
    node = await StratumTestNode.open();
    await node.begin(ROUND);
    await (await connected()).subscribe('');
    clients.push(await node.rolling('rig1'));
    await node.server.close();
    await until(() => clients.every(({ isClosed }) => isClosed));
    expect([node.server.size, node.server.address]).to.deep.equal([0, undefined]);
  });

  it('closes who does not subscribe within 15 s, and who is silent for 10 minutes', async () => {
    node = await StratumTestNode.open();
    await connected();
    clients.push(await node.rolling('rig1'));
    const [newcomer, miner] = clients as [StratumClient, StratumClient];
    node.jump(14_000);
    expect(await newcomer.ask('mining.ping', [])).to.equal('pong');
    node.jump(2_000);
    await until(() => newcomer.isClosed);
    expect(endedBecause('it did not subscribe')).to.equal(true);
    expect(miner.isClosed).to.equal(false);
    node.jump(590_000);
    expect(await miner.ask('mining.ping', [])).to.equal('pong');
    node.jump(590_000);
    expect(await miner.ask('mining.ping', [])).to.equal('pong');
    node.jump(601_000);
    await until(() => miner.isClosed);
  });

  it('drops who reads nothing', async () => {
    node = await StratumTestNode.open();
    const client = await connected();
    await client.subscribe('');
    client.socket.pause();
    const ping = { id: 'x'.repeat(4_000), method: 'mining.ping' };
    // More than the kernel holds for it.
    for (let i = 0; i < 5_000; i++) client.send(ping);
    await until(() => node.server.size === 0);
    expect(endedBecause('it reads nothing')).to.equal(true);
  });

  it('goes on with a connection whose lines come in pieces, and many at once', async () => {
    node = await StratumTestNode.open();
    const client = await connected();
    client.socket.write('{"id":1,"method":"min');
    await client.ask('mining.ping', []).catch(() => undefined);
    await until(() => client.isClosed);
    expect(endedBecause('expected JSON')).to.equal(true);
    const other = await connected();
    for (const part of ['{"id":1,"met', 'hod":"mining.ping"', '}\r\n\n']) {
      await new Promise((resolve) => other.socket.write(part, resolve));
    }
    await until(() => other.lines.length === 1);
    const count = 5_000;
    other.socket.write('{"id":7,"method":"mining.ping"}\n'.repeat(count));
    await until(() => other.lines.length === 1 + count);
    expect(other.isClosed).to.equal(false);
  });

  describe('whose miner', () => {
    let client: StratumClient;
    beforeEach(async () => {
      node = await StratumTestNode.open();
      await node.begin(ROUND);
      client = await node.rolling('rig1');
      clients.push(client);
      await client.job();
    });

    /** Hands in shares that are none, without waiting for the answers. */
    const flood = (count: number): void => {
      const { id, time } = client.jobs[0]!;
      const params = ['rig1', id, '00000000', time, '00000000'];
      for (let i = 0; i < count; i++) client.send({ id: 'share', method: 'mining.submit', params });
    };
    const answers = (): number => client.lines.filter((line) => line.includes('"share"')).length;

    it('brings up a fault of the node is closed, which the log tells, and nobody else', async () => {
      const other = await connected();
      node.door.intake.take = () => {
        throw new Error('a fault of the node');
      };
      flood(1);
      await until(() => client.isClosed);
      expect(node.logged('faults of the Stratum server')).to.have.length(1);
      expect(node.logged('a fault of the node')).not.to.deep.equal([]);
      expect(await other.ask('mining.ping', [])).to.equal('pong');
    });

    it('floods it gets a higher difficulty, even where that was fixed', async () => {
      const { difficulty } = client.jobs[0]!;
      node.jump(30_000);
      flood(300);
      await until(() => answers() === 300);
      node.jump(6_000);
      await until(() => client.jobs.length === 2);
      expect(client.jobs[1]!.difficulty).to.be.at.least(200 * difficulty);
      expect(client.jobs[1]!.isClean).to.equal(true);
    });

    it('floods it with thousands a second is closed', async () => {
      flood(8_000);
      await until(() => client.isClosed);
      expect(endedBecause('it floods this node')).to.equal(true);
    });

    it('sends only invalid shares gets a new job, and is closed after three minutes', async () => {
      flood(5);
      await until(() => answers() === 5);
      node.jump(61_000);
      // The job that is due in any case.
      await until(() => client.jobs.length === 2);
      flood(1);
      await until(() => client.jobs.length === 3);
      node.jump(120_000);
      await until(() => client.jobs.length === 4);
      expect(client.isClosed).to.equal(false);
      flood(1);
      await until(() => client.isClosed);
      expect(endedBecause('its shares are invalid')).to.equal(true);
    });
  });

  it('takes shares of an earlier, easier difficulty for two minutes, which are worth nothing', async () => {
    node = await StratumTestNode.open();
    await node.begin(ROUND);
    const login = { password: 'x', mask: '1fffe000' };
    const client = await StratumClient.mining(node.port, 'rig1', login);
    clients.push(client);
    await client.ask('mining.suggest_difficulty', [0.00001]);
    node.jump(6_000);
    const easy = await client.job(({ difficulty }) => difficulty < 0.0001);
    await client.ask('mining.suggest_difficulty', [64]);
    node.jump(6_000);
    const hard = await client.job(({ difficulty }) => difficulty === 64);
    expect(hard.isClean).to.equal(true);
    const { difficulty } = easy;
    const search = { rollsVersion: true };
    const [first, second] = client.mine({ ...hard, difficulty }, 2, search) as [Found, Found];
    expect(await client.submit('rig1', hard, first)).to.equal(true);
    expect(node.worker('rig1')).to.include({ accepted: 1, provenHashes: 0 });
    expect(await client.submit('rig1', easy, client.mine(easy, 1, search)[0]!)).to.equal(true);
    expect(node.worker('rig1').provenHashes).to.be.closeTo(2 ** 18, 100);
    node.jump(121_000);
    expect(await client.submit('rig1', hard, second)).to.deep.equal([23, 'Low difficulty share']);
  });

  describe('with a certificate', () => {
    let directory: string;
    before(function () {
      directory = mkdtempSync(path.join(os.tmpdir(), 'stratum-tls-'));
      // Node can't make a certificate.
      if (spawnSync('openssl', ['version']).error) this.skip();
      const files = ['-keyout', 'key.pem', '-out', 'cert.pem'];
      const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
      const of = ['-x509', '-days', '2', '-subj', '/CN=localhost'];
      execFileSync('openssl', ['req', ...of, ...key, ...files], { cwd: directory, stdio: 'pipe' });
    });
    after(() => rmSync(directory, { recursive: true, force: true }));
    beforeEach(async () => {
      node = await StratumTestNode.open({
        config: {
          STRATUM_TLS_CERT: path.join(directory, 'cert.pem'),
          STRATUM_TLS_KEY: path.join(directory, 'key.pem'),
          STRATUM_MAX_CONNECTIONS: 2,
        },
      });
      await node.begin(ROUND);
    });

    it('serves over TLS, and no others', async () => {
      expect(node.server.address).to.include({ isEncrypted: true });
      const client = await connected(true);
      await client.subscribe('cpuminer/2.5.1');
      await client.ask('mining.authorize', ['rig1', EASIEST]);
      expect(await client.job()).to.include({ isClean: true });
      const plain = await connected();
      plain.send({ id: 1, method: 'mining.subscribe', params: [] });
      await until(() => plain.isClosed);
      expect(plain.lines).to.deep.equal([]);
      expect(client.isClosed).to.equal(false);
      expect(node.logged('ERROR')).to.deep.equal([]);
    });

    it('counts those in a handshake, and waits for none when it closes', async () => {
      const sockets = [1, 2, 3].map(() => connect(node.port, '127.0.0.1'));
      await once(sockets[2]!, 'close');
      expect(sockets.map(({ destroyed }) => destroyed)).to.deep.equal([false, false, true]);
      await node.server.close();
      await until(() => sockets.every(({ destroyed }) => destroyed));
    });
  });
});
