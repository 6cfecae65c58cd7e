import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';

import { expect } from 'chai';

import { SlotClock } from '../../simulator/clock';
import { parseTaskConfig } from '../../simulator/config';
import { openEndpoint, type Endpoint } from '../../simulator/endpoint';
import { deriveKeyPair } from '../../simulator/keys';
import { Ledger } from '../../simulator/ledger';
import { createMethods } from '../../simulator/methods';
import { nodeAccounts } from '../../simulator/simulated-node';

const config = parseTaskConfig(readFileSync('tests/fixtures/toy-task.yml', 'utf8'));
const taskId = deriveKeyPair('task').publicKey;
const secret = 'the secret of this node';
const [me, other] = [nodeAccounts('test', 0), nodeAccounts('test', 1)];
const [mine, theirs] = [me.staking.publicKey, other.staking.publicKey];

describe("a node's endpoint", () => {
  let directory: string;
  let ledger: Ledger;
  let endpoint: Endpoint;
  let refusals: string[];
  let calls: string[];
  let notices: unknown[];

  beforeEach(async () => {
    directory = mkdtempSync(`${os.tmpdir()}/endpoint-`);
    ledger = new Ledger(
      { ...config, startingSlot: 0 },
      [mine, theirs].map((key) => [key, config.minimumStake]),
    );
    refusals = [];
    calls = [];
    notices = [];
    endpoint = await openEndpoint({
      taskId,
      secret,
      methods: createMethods({
        taskId,
        config,
        ledger,
        clock: new SlotClock(0, 20),
        accounts: me,
        directory,
        rpcUrl: () => 'http://localhost:1',
        onSetup: () => {},
        onNotice: (...notice) => notices.push(notice),
      }),
      onCall: (method) => calls.push(method),
      onRefusal: (method, message) => refusals.push(`${method}: ${message}`),
    });
  });

  afterEach(async () => {
    await endpoint.close();
    rmSync(directory, { recursive: true });
  });

  async function post(body: unknown, path = '/namespace-wrapper') {
    const response = await fetch(`http://localhost:${endpoint.port}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  }

  /** What a task's call resolves to; an Error with the message if it was refused. */
  async function call(...args: unknown[]): Promise<unknown> {
    const { status, body } = await post({ args, taskId, secret });
    return status === 200 ? body['response'] : new Error(`${status} ${String(body['message'])}`);
  }

  it('answers 200 and the response', async () => {
    expect(await post({ args: ['getRound'], taskId, secret })).to.deep.equal({
      status: 200,
      body: { response: 0 },
    });
  });

  it('answers 401 to another secret', async () => {
    const answer = await post({ args: ['getRound'], taskId, secret: 'another' });
    expect(answer).to.deep.equal({ status: 401, body: { message: 'Invalid secret provided' } });
  });

  it('answers 422 with the reason to calls that fail, are incomplete or unknown', async () => {
    for (const [body, message] of [
      [{ taskId, secret }, 'No args provided'],
      [{ args: ['getRound'], secret }, 'No taskId provided'],
      [{ args: ['getRound'], taskId }, 'No secret provided'],
      [{ args: ['getRound'], taskId: mine, secret }, `Task ${mine} is not running`],
      [{ args: ['claimReward'], taskId, secret }, 'claimReward is not simulated'],
      [{ args: ['constructor'], taskId, secret }, 'constructor is not simulated'],
      [{ args: [], taskId, secret }, 'undefined is not simulated'],
    ] as const) {
      expect(await post(body)).to.deep.equal({ status: 422, body: { message } });
    }
    expect(await call('checkSubmissionAndUpdateRound', 'v', 0)).to.match(
      /422 submission of round 0/,
    );
    expect(refusals.at(-1)).to.match(/^checkSubmissionAndUpdateRound: submission of round 0/);
  });

  it('tells of the calls that carry its secret, failed ones too', async () => {
    await call('getRound');
    await call('auditSubmission');
    await post({ args: ['getCurrentSlot'], taskId, secret: 'another' });
    expect(calls).to.deep.equal(['getRound', 'auditSubmission']);
  });

  it('does nothing that a node has to be changed for', async () => {
    ledger.advance(200);
    for (const args of [
      ['submitRaw', 'v', 1],
      ['writeAccount', 'account', 0, '{}'],
      ['nameList', 'account', 0],
      ['addStake', 1],
      ['asExtra', 0, 'getRound'],
      ['extraKeys'],
    ]) {
      expect(await call(...args)).to.match(/422 \w+ is not simulated/);
    }
  });

  it('answers 400 to what is not JSON, 404 elsewhere, 405 to other methods', async () => {
    expect((await post('{')).status).to.equal(400);
    expect((await post({}, '/')).status).to.equal(404);
    const response = await fetch(`http://localhost:${endpoint.port}/namespace-wrapper`);
    expect(response.status).to.equal(405);
  });

  it('gives the account as a web3.js key pair in JSON', async () => {
    const account = (await call('getSubmitterAccount')) as {
      _keypair: { secretKey: Record<string, number> };
    };
    const secretKey = Uint8Array.from(Object.values(account._keypair.secretKey));
    expect(secretKey).to.deep.equal(me.staking.secretKey);
  });

  it('gives the task account, and those parts only that were asked for', async () => {
    ledger.advance(100);
    await call('checkSubmissionAndUpdateRound', 'v', 0);
    const bare = (await call('getTaskState', {})) as Record<string, unknown>;
    expect(bare).to.include({
      task_id: taskId,
      task_name: 'Toy',
      current_round: 1,
      round_time: 100,
      bounty_amount_per_round: 1_000_000_000,
    });
    expect(bare).to.deep.include({ stake_list: {}, submissions: {}, available_balances: {} });
    expect(await call('getTaskState', null)).to.deep.equal(bare);
    const full = (await call('getTaskState', {
      is_submission_required: true,
      is_stake_list_required: true,
    })) as Record<string, unknown>;
    expect(full['submissions']).to.deep.equal({
      0: { [mine]: { submission_value: 'v', slot: 100, round: 0 } },
    });
    expect(full['stake_list']).to.deep.equal({ [mine]: 2e9, [theirs]: 2e9 });
  });

  it('takes a submission once', async () => {
    ledger.advance(100);
    expect(await call('checkSubmissionAndUpdateRound', 'first', 0)).to.equal(undefined);
    expect(await call('checkSubmissionAndUpdateRound', 'second', 0)).to.equal(undefined);
    expect(ledger.record(0)!.submissions.get(mine)!.value).to.equal('first');
    expect(await call('checkSubmissionAndUpdateRound', 7, 0)).to.be.an('error');
  });

  it('takes votes for candidates in every form of a public key', async () => {
    ledger.advance(100);
    ledger.submit(theirs, 0, 'v');
    ledger.advance(140);
    const hex = Buffer.from(other.staking.publicKeyBytes).toString('hex');
    expect(await call('auditSubmission', { _bn: hex }, false, 0)).to.equal(undefined);
    expect(await call('auditSubmission', theirs, false, 0)).to.equal(undefined);
    expect(await call('auditSubmission', 'nobody', false, 0)).to.be.an('error');
    expect(await call('auditSubmission', theirs, 'no', 0)).to.be.an('error');
    expect(ledger.record(0)!.submissionAudits.get(theirs)!.votes).to.deep.equal([
      { voter: mine, isValid: false, slot: 140 },
    ]);
  });

  it('carries a distribution list to the chain and back', async () => {
    ledger.advance(200);
    const list = { [mine]: 5, [theirs]: -3 };
    expect(await call('uploadDistributionList', list, 0)).to.equal(true);
    expect(await call('distributionListSubmissionOnChain', 0)).to.equal(undefined);
    expect(await call('distributionListSubmissionOnChain', 0), 'again').to.equal(undefined);
    const raw = await call('getDistributionList', mine, 0);
    expect(JSON.parse(raw as string)).to.deep.equal(list);
    expect(await call('getDistributionList', theirs, 0)).to.be.an('error');
    expect(await call('uploadDistributionList', { nobody: 1 }, 0)).to.be.an('error');
    expect(await call('uploadDistributionList', [1], 0)).to.be.an('error');
    expect(await call('uploadDistributionList', { [mine]: 1e9 + 1 }, 0)).to.match(/pays/);
    expect(await call('distributionListSubmissionOnChain', 1)).to.match(/uploaded no/);
    ledger.advance(240);
    expect(await call('distributionListAuditSubmission', theirs, true, 0)).to.be.an('error');
    expect(await call('distributionListAuditSubmission', mine, true, 0)).to.equal(undefined);
    ledger.advance(280);
    expect(await call('getTaskDistributionInfo', 0)).to.deep.equal({
      distribution_rewards_submission: {
        0: { [mine]: { submission_value: mine, slot: 200, round: 0 } },
      },
      distributions_audit_trigger: {
        0: {
          [mine]: {
            trigger_by: mine,
            slot: 240,
            votes: [{ is_valid: true, voter: mine, slot: 240 }],
          },
        },
      },
      distributions_audit_record: { 0: 'PayoutSuccessful' },
    });
    expect(await call('payloadTrigger', 0)).to.equal(undefined);
    expect(Object.fromEntries(ledger.balances)).to.deep.equal({ [mine]: 5 });
  });

  it('gives the text of any account, as it is', async () => {
    ledger.advance(200);
    ledger.writeAccount(theirs, 'their account', 0, '{ "no": JSON }');
    expect(await call('getDistributionList', 'their account', 0)).to.equal('{ "no": JSON }');
    expect(await call('getDistributionList', 'their account', 1)).to.match(/holds no/);
    ledger.writeAccount(theirs, theirs, 0, '{}');
    const hex = Buffer.from(other.staking.publicKeyBytes).toString('hex');
    expect(await call('getDistributionList', { _bn: hex }, 0)).to.equal('{}');
    ledger.advance(500);
    expect(await call('getDistributionList', theirs, 0), 'no longer kept').to.be.an('error');
  });

  it('signs with the main account and opens what was signed', async () => {
    const signed = await call('signData', { a: 1 });
    expect(await call('verifySignedData', signed, me.main.publicKey)).to.deep.equal({
      data: '{"a":1}',
    });
    expect(await call('verifySignedData', signed, mine)).to.have.property('error');
  });

  it("reads and writes in the task's directory", async () => {
    expect(await call('getBasePath')).to.equal(directory);
    expect(await call('getTaskLevelDBPath')).to.match(/^\/.*KOIILevelDB\.db$/);
    expect(await call('fs', 'writeFile', 'a', 'text')).to.equal(undefined);
    expect(await call('fsStaking', 'readFile', 'a', 'utf8')).to.equal('text');
    expect(await call('fsReadStream', 'a')).to.deep.equal(
      JSON.parse(JSON.stringify(Buffer.from('text'))),
    );
    expect(await call('fs', 'readFile', '/etc/hostname', 'utf8')).to.be.an('error');
  });

  it('tells the slot, the time of a slot, the node and its address', async () => {
    ledger.advance(333);
    expect(await call('getCurrentSlot')).to.equal(333);
    expect(await call('getRound')).to.equal(3);
    expect(await call('getAverageSlotTime')).to.equal(20);
    expect(await call('getRpcUrl')).to.equal('http://localhost:1');
    expect(await call('getTaskStateById', taskId, {})).to.have.property('task_id', taskId);
    expect(await call('getTaskStateById', mine, {})).to.be.an('error');
  });

  it('takes notices of the levels that the SDK has, and says of others that it did not', async () => {
    for (const level of ['log', 'warn', 'error']) {
      expect(await call('logger', level, `a ${level}`, 'action')).to.equal(true);
    }
    for (const level of ['info', 'Error', '', null, 7, {}]) {
      expect(await call('logger', level, 'message', 'action')).to.equal(false);
    }
    // Anything but text is the task's fault; it arrives as JavaScript would print it.
    expect(await call('logger', 'log', null, 7)).to.equal(true);
    expect(notices).to.deep.equal([
      ['log', 'a log', 'action'],
      ['warn', 'a warn', 'action'],
      ['error', 'a error', 'action'],
      ['log', 'null', '7'],
    ]);
  });

  it('tells of a task that replaces this one', async () => {
    expect(await call('getTaskState', {})).to.include({ is_migrated: false, migrated_to: '' });
    ledger.migrate(theirs);
    for (const args of [
      ['getTaskState', {}],
      ['getTaskStateById', taskId, {}],
    ]) {
      expect(await call(...args)).to.include({ is_migrated: true, migrated_to: theirs });
    }
  });
});
