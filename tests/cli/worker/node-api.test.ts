import { once } from 'node:events';
import type { RequestListener } from 'node:http';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { NodeApi } from '../../../cli/worker/node-api';
import { NodeAway, WrongServer } from '../../../cli/worker/server-faults';
import type { ShareBody } from '../../../cli/worker/share-body';
import { ApiError, sendError, type ErrorStatus } from '../../../src/http/errors';
import { openDoor, type Door } from '../../fixtures/door';
import { taskAnswer } from '../../fixtures/task-answer';
import { freePort } from '../../sdk-stand-in/http';

describe("a worker's view of what answers", () => {
  const doors: Door[] = [];
  const { signal } = new AbortController();
  afterEach(() => doors.splice(0).forEach((door) => door.close()));

  const open = async (answer: RequestListener): Promise<Door> => {
    const door = await openDoor(answer);
    doors.push(door);
    return door;
  };
  const failure = async (url: string): Promise<Error> => {
    try {
      await new NodeApi(url, 'rig1').work(signal);
    } catch (error) {
      return error as Error;
    }
    throw new Error('it was taken for a node');
  };
  const error =
    (status: ErrorStatus, message: string): RequestListener =>
    (_request, response) =>
      sendError(response, new ApiError(status, message));
  const plain =
    (status: number, text: string, headers: Record<string, string> = {}): RequestListener =>
    (_request, response) =>
      response.writeHead(status, headers).end(text);

  const wrong: [string, RequestListener, RegExp][] = [
    ['answers 404 for ever', plain(404, 'Not Found'), / answers 404, and not as a node does/],
    ['has errors of the same shape, and no health', error(404, 'no such path'), / answers 404: no/],
    ['is a web site', plain(200, '<html></html>'), / answers 200, and not as a node does/],
    [
      'has JSON of another kind',
      plain(200, '{"round_number":"x"}'),
      /: what is answered is no work of this kind: round_number: /,
    ],
    ['refuses the Host', error(403, 'this Host is not a name'), / answers 403: this Host is not/],
    ['wants a password', plain(401, ''), / answers 401, and not as a node does/],
    [
      'is elsewhere',
      plain(301, '', { location: 'https://me:secret@other.example/task?token=secret' }),
      / answers 301: it leads to https:\/\/other\.example\/task$/,
    ],
  ];
  for (const [what, answer, message] of wrong) {
    it(`is of no node where a server ${what}`, async () => {
      const { url } = await open(answer);
      const fault = await failure(url);
      expect(fault).to.be.instanceOf(WrongServer);
      expect(fault.message.startsWith(url), fault.message).to.equal(true);
      expect(fault.message).to.match(message).and.not.to.include('secret');
    });
  }

  it('is of no node where the protocol is another', async () => {
    const { url } = await open(plain(200, ''));
    const secure = url.replace('http:', 'https:');
    expect(await failure(secure))
      .to.be.instanceOf(WrongServer)
      .with.property('message')
      .that.includes(secure);
    const talker = createServer((socket) => socket.end('SSH-2.0-OpenSSH\r\n')).listen(
      0,
      '127.0.0.1',
    );
    await once(talker, 'listening');
    const { port } = talker.address() as AddressInfo;
    expect(await failure(`http://127.0.0.1:${port}`)).to.be.instanceOf(WrongServer);
    talker.close();
    expect(await failure('http://127.0.0.1:1')).to.be.instanceOf(WrongServer);
  });

  it('is of a node that is away where nobody or a proxy answers', async () => {
    const silent = await failure(`http://127.0.0.1:${await freePort()}`);
    expect(silent).to.be.instanceOf(NodeAway).with.property('isSilent', true);
    expect(silent.message).to.match(/^http:\/\/127\.0\.0\.1:\d+: ECONNREFUSED$/);
    const { url } = await open(plain(502, '<html>Bad Gateway</html>'));
    const proxied = await failure(url);
    expect(proxied).to.be.instanceOf(NodeAway).with.property('isSilent', false);
    expect(proxied.message).to.equal(`${url} answers 502`);
  });

  it('is of a node between rounds where its health says so, which is asked once', async () => {
    const asked: string[] = [];
    const { url } = await open((request, response) => {
      asked.push(request.url!);
      if (request.url !== '/healthz')
        return error(404, 'no round is being mined')(request, response);
      response.writeHead(503).end('{"status":"degraded","components":{"miner":false}}');
    });
    const api = new NodeApi(url, 'rig1');
    for (const times of [1, 2]) expect(await api.work(signal), `${times}`).to.equal(undefined);
    expect(asked).to.deep.equal(['/task?worker_id=rig1', '/healthz', '/task?worker_id=rig1']);
  });

  it('is of work whose job it has to know, and can be asked for the next', async () => {
    const asked: string[] = [];
    const { work, ...answer } = taskAnswer(3);
    const { job_id, ...nameless } = work;
    const answers = [
      { ...answer, work },
      { ...answer, work: nameless },
    ];
    const { url } = await open((request, response) => {
      asked.push(request.url!);
      response.end(JSON.stringify(answers.shift()));
    });
    const api = new NodeApi(url, 'rig1');
    expect((await api.work(signal, 'last'))!.jobId).to.equal(job_id);
    const fault = await api.work(signal, job_id).catch((error: unknown) => error);
    expect(fault).to.be.instanceOf(WrongServer).with.property('message').that.includes('job_id');
    expect(asked).to.deep.equal([
      '/task?worker_id=rig1&after=last',
      `/task?worker_id=rig1&after=${job_id}`,
    ]);
  });

  it('takes nothing but the answers to a share for one', async () => {
    const answers: RequestListener[] = [
      plain(201, '{"accepted":true,"best":false}'),
      plain(409, '{"accepted":false,"reason":"round_over"}'),
      plain(200, '<html></html>'),
      error(503, 'the store takes no writes'),
    ];
    const { url } = await open((request, response) => answers.shift()!(request, response));
    const submit = (): Promise<unknown> =>
      new NodeApi(url, 'rig1').submit(1, {} as ShareBody, signal).catch((fault: unknown) => fault);
    expect(await submit()).to.equal(undefined);
    expect(await submit()).to.equal('round_over');
    expect(await submit()).to.be.instanceOf(WrongServer);
    expect(await submit()).to.be.instanceOf(NodeAway);
  });
});
