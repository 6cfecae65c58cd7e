import { execFileSync, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { gzipSync } from 'node:zlib';
import { expect } from 'chai';
import { LoneTask } from '../fixtures/lone-task';
import { describeProcesses } from '../runner/describe-processes';

const ROUND = 10;

const canLimit = spawnSync('prlimit', ['--version']).status === 0;

describeProcesses('fault: strangers at the public server', function () {
  this.timeout(60_000);
  let task: LoneTask;
  beforeEach(async () => {
    task = new LoneTask();
    await task.start();
    task.send('executeTask', ROUND);
    await task.hasShares(ROUND);
  });
  afterEach(() => task.dispose());

  const url = (path: string): string => `http://127.0.0.1:${task.publicPort}${path}`;
  const post = (path: string, body: string | Uint8Array, headers: Record<string, string> = {}) =>
    fetch(url(path), {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/json', ...headers },
    });
  /** What the node must do for the proof: submit it when the round is over. */
  const submits = async (): Promise<void> => {
    expect(task.verdictOn(await task.proofAfter(ROUND), ROUND)).to.include({ valid: true });
  };

  it('unpacks no body: others are answered, memory stays', async () => {
    const bomb = gzipSync(`[${'[],'.repeat(16_000_000)}[]]`);
    const bombs = Promise.all(
      Array.from({ length: 24 }, (_, i) =>
        post(['/', '/nope', '/audit'][i % 3]!, bomb, { 'content-encoding': 'gzip' }),
      ),
    );
    let slowestMs = 0;
    for (let i = 0; i < 20; i++) {
      const startedAt = performance.now();
      expect(await task.getAnyStatus('/healthz')).to.have.property('status');
      slowestMs = Math.max(slowestMs, performance.now() - startedAt);
    }
    for (const { status } of await bombs) expect(status).to.equal(405);
    expect(slowestMs).to.be.below(2000);
    expect(await task.metric('orca_memory_usage_bytes')).to.be.below(300e6);
  });

  it('logs nothing of what they send', async () => {
    const before = task.log.length;
    for (let i = 0; i < 200; i++) {
      expect((await post('/nope', '{\u001b[2J\u001b]0;owned\u0007')).status).to.equal(405);
      expect((await fetch(url('/task/%E0%A4%A'))).status).to.equal(400);
    }
    const logged = task.log.slice(before);
    expect(logged).not.to.match(/owned|SyntaxError|URIError|\n +at /);
    // eslint-disable-next-line no-control-regex -- that is what must not be there
    expect(logged).not.to.match(/\u001b/);
    expect(logged.length).to.be.below(2000);
  });

  it('reaches its node though they hold every connection there is', async function () {
    if (!canLimit) this.skip(); // prlimit is part of util-linux
    execFileSync('prlimit', ['--pid', String(task.pid), '--nofile=256:256']);
    const half: Socket[] = [];
    for (let i = 0; i < 400; i++) {
      const socket = connect(task.publicPort, '127.0.0.1').on('error', () => undefined);
      socket.write('GET /task/10 HTTP/1.1\r\nHost: x\r\n');
      half.push(socket);
      await Promise.race([once(socket, 'connect'), once(socket, 'close')]);
    }
    await submits();
    expect((await fetch(url('/healthz'))).status).to.equal(200);
    for (const socket of half) socket.destroy();
  });

  it('answers others though 20 connections send 2,000 requests each and read nothing', async () => {
    const requests = 'GET /task/10 HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(2000);
    const sockets = Array.from({ length: 20 }, () => {
      const socket = connect(task.publicPort, '127.0.0.1').on('error', () => undefined);
      socket.pause().write(requests);
      return socket;
    });
    const startedAt = performance.now();
    expect(await task.getAnyStatus('/healthz')).to.have.property('status');
    // It was 11.6 s.
    expect(performance.now() - startedAt).to.be.below(2000);
    for (const socket of sockets) socket.destroy();
  });

  it('makes no call to its node for them', async () => {
    const calls = (): number =>
      task.calls.filter(([name]) => /Submission|TaskState/.test(String(name))).length;
    const submission = { proof: 'EAAB', round_number: ROUND - 2, submitter: task.other.publicKey };
    const before = calls();
    for (let i = 0; i < 20; i++) {
      expect((await post('/audit', JSON.stringify({ submission }))).status).to.equal(405);
      expect((await fetch(url('/taskState'))).status).to.equal(404);
    }
    // The task itself reads its seed again meanwhile.
    expect(calls() - before).to.be.at.most(3);
  });
});
