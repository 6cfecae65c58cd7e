import { expect } from 'chai';
import { z } from 'zod';
import { parse, type ApiError } from '../../src/http/errors';
import { serveDashboard, TOKEN, type Served } from '../dashboard/served';
import { send } from '../fixtures/send';
import { seed } from '../fixtures/template';

const ROUND = 3;
const OWNER = { 'x-orca-control': '1', authorization: `Bearer ${TOKEN}` };
/** "field: expected X, got Y", and none of zod's own words. */
const HOUSE_STYLE = /^[\w.]+: expected (?!.*(invalid|received)).+, got .+$/i;

describe('what is told of a wrong request', function () {
  this.timeout(20_000);
  let served: Served;
  before(async () => {
    served = await serveDashboard();
    await served.node.miner.begin(ROUND, seed, Infinity);
  });
  after(() => served.close());

  async function refused(
    [method, path]: readonly [string, string],
    body: string | undefined,
  ): Promise<{ message: string; issues: { path: string; message: string }[] }> {
    const { status, text } = await send(served.port, {
      method,
      path,
      headers: { ...OWNER, ...(body !== undefined && { 'content-type': 'application/json' }) },
      ...(body !== undefined && { body }),
    });
    expect(status, `${method} ${path} ${body}`).to.equal(400);
    return JSON.parse(text) as { message: string; issues: { path: string; message: string }[] };
  }

  const SHARE = ['POST', `/submission/${ROUND}`] as const;
  const AUDIT = ['POST', '/audit'] as const;
  const START = ['POST', '/task/4'] as const;
  const SETTINGS = ['PUT', '/settings'] as const;
  const CONTROL = ['POST', '/dashboard/control'] as const;
  const BODIES = [SHARE, AUDIT, START, SETTINGS, CONTROL];

  for (const [body, got] of [
    ['null', 'null'],
    ['[]', 'an array'],
    ['[{}]', 'an array'],
    ['7', '7'],
    ['true', 'true'],
    ['"share"', '"share"'],
  ] as const) {
    it(`says of ${body}, which is JSON, that it is no object`, async () => {
      for (const route of BODIES) {
        const { message, issues } = await refused(route, body);
        expect(message)
          .to.match(/^body: expected an object.*/)
          .and.to.satisfy((text: string) => text.endsWith(`, got ${got}`));
        expect(issues.map(({ path }) => path)).to.deep.equal(['']);
      }
    });
  }

  it('says of what is no JSON that it is none', async () => {
    for (const body of ['{', '   ', 'nul', '{"a":1}}', "{'a': 1}"]) {
      for (const route of BODIES) {
        expect((await refused(route, body)).message, body).to.equal('the body is not JSON');
      }
    }
  });

  it('names every field, what it has to be, and what came', async () => {
    const submitter = 'US517G5965aydkZ46HS38QLi7UQiSojurfbQfKCELFx';
    const cases: [readonly [string, string], unknown, string][] = [
      [SHARE, {}, 'hash: expected 64 hex digits, got nothing'],
      [SHARE, { hash: 5 }, 'hash: expected 64 hex digits, got 5'],
      [AUDIT, {}, 'submission: expected an object, got nothing'],
      [AUDIT, { submission: null }, 'submission: expected an object, got null'],
      [
        AUDIT,
        { submission: { proof: 'EA', round_number: 1.5, submitter } },
        'submission.round_number: expected a whole number from 0, got 1.5',
      ],
      [
        AUDIT,
        { submission: { proof: ['EA'], round_number: 1, submitter } },
        'submission.proof: expected a string, got an array',
      ],
      [START, { submissions: 7 }, 'submissions: expected an object, got 7'],
      [
        START,
        { submissions: { 'no key': 'EA' } },
        'submissions.no key: expected base58 of 32 bytes as name, got "no key"',
      ],
      [
        START,
        { submissions: { [submitter]: 'x'.repeat(513) } },
        `submissions.${submitter}: expected a string of at most 512 characters, got "${'x'.repeat(40)}"…`,
      ],
      [
        SETTINGS,
        { MINING_THREADS: {} },
        'MINING_THREADS: expected a string, a number or null, got an object',
      ],
      [CONTROL, {}, 'action: expected one of "pause", "resume", "restart", got nothing'],
      [CONTROL, { action: 5 }, 'action: expected one of "pause", "resume", "restart", got 5'],
      [CONTROL, { action: 'pause', force: true }, 'force: expected no such field, got true'],
    ];
    for (const [route, body, message] of cases) {
      expect((await refused(route, JSON.stringify(body))).message).to.equal(message);
    }
    for (const [path, message] of [
      ['/task/x', 'roundNumber: expected a whole number from 0, got "x"'],
      ['/audit?limit=0', 'limit: expected a whole number from 1 to 500, got "0"'],
      ['/audit?round=1&round=2', 'round: expected a whole number from 0, got an array'],
      ['/task?worker_id=a%20b', 'worker_id: expected 1 to 64 of A-Z a-z 0-9 . _ : @ -, got "a b"'],
    ] as const) {
      expect((await refused(['GET', path], undefined)).message).to.equal(message);
    }
  });

  it('is in the same words whatever is wrong with a share', async () => {
    const values = [null, true, -1, 1.5, 1e300, 'x', 'local', '', [], {}, 'x'.repeat(100)];
    const fields = ['hash', 'difficulty', 'block_height', 'worker_id', 'submission_id'];
    for (const field of [...fields, 'extranonce2', 'nonce', 'version_bits']) {
      for (const value of values) {
        const { issues } = await refused(SHARE, JSON.stringify({ [field]: value }));
        for (const { path, message } of issues) {
          expect(`${path}: ${message}`).to.match(HOUSE_STYLE);
        }
        expect(new Set(issues.map(({ path }) => path)).size).to.equal(issues.length);
      }
    }
  });
});

describe('what a client sent, in a message', () => {
  const messageOf = (schema: z.ZodType, value: unknown): ApiError => {
    try {
      parse(schema, value);
    } catch (error) {
      return error as ApiError;
    }
    throw new Error('was taken');
  };

  it('is short, and printable whatever it is', () => {
    const sent = [
      '\u001b[2J',
      '\u009b1m',
      '\u202e',
      '\ud800',
      'ä',
      '\0',
      '"\\',
      'x'.repeat(10_000),
    ];
    for (const text of sent) {
      const { message } = messageOf(z.object({ a: z.number() }), { a: text });
      expect(message).to.match(/^a: expected a number, got "[ -~]{1,60}"…?$/);
      const { issues } = messageOf(z.strictObject({}), { [text]: 1 });
      expect(issues![0]!.path).to.match(/^[ -~]{1,80}$/);
    }
  });

  it('is told of up to fifty times', () => {
    const names = Array.from({ length: 900 }, (_, i) => [`k${i}`, i]);
    const { issues } = messageOf(z.strictObject({}), Object.fromEntries(names));
    expect(issues).to.have.length(50);
  });
});
