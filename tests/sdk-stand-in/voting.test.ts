import { expect } from 'chai';
import { Keypair } from '../../sdk-stand-in/namespace-wrapper/keypair';
import { TaskRunner } from '../../sdk-stand-in/task-manager/task-runner';
import type { UserFunctions } from '../../sdk-stand-in/task-manager/types';
import { type FakeNode, openFakeNode } from './fake-node';
import { managerWith } from './manager-with';
import { captureErrors } from './quiet';

const ROUND = 4;

describe('stand-in audits', () => {
  let node: FakeNode;
  let keys: string[];
  let errors: ReturnType<typeof captureErrors>;

  beforeEach(async () => {
    errors = captureErrors();
    node = await openFakeNode();
    keys = Array.from({ length: 8 }, () => Keypair.generate().publicKey.toBase58());
    node.answers['auditSubmission'] = () => undefined;
  });

  afterEach(async () => {
    await node.close();
    errors.restore();
  });

  /** Runs the audit step over these submitters. @returns the keys audited and the votes cast */
  async function audit(
    submitters: string[],
    verdict: UserFunctions['audit'],
    alreadyDoubted: string[] = [],
  ) {
    node.answers['getTaskSubmissionInfo'] = () => ({
      submissions: {
        [ROUND]: Object.fromEntries(
          submitters.map((key) => [key, { submission_value: `of ${key}`, slot: 1, round: ROUND }]),
        ),
      },
      submissions_audit_trigger: {
        [ROUND]: Object.fromEntries(
          alreadyDoubted.map((key) => [key, { trigger_by: key, slot: 1, votes: [] }]),
        ),
      },
    });
    const audited: string[] = [];
    const runner = new TaskRunner(
      node.wrapper,
      managerWith({
        audit: (value, round, key) => {
          expect(value).to.equal(`of ${key}`);
          expect(round).to.equal(ROUND);
          audited.push(key);
          return verdict(value, round, key);
        },
      }),
    );
    await runner.auditTask(ROUND);
    return { audited, votes: node.callsOf('auditSubmission') };
  }

  const approve = () => Promise.resolve(true);

  it('looks at five different submissions, others each time', async () => {
    const { audited } = await audit(keys, approve);
    expect(new Set(audited)).to.have.length(5);
    const seen = new Set(audited);
    for (let i = 0; i < 30; i++) (await audit(keys, approve)).audited.forEach((k) => seen.add(k));
    expect([...seen]).to.have.members(keys);
  });

  it('looks at all where there are fewer, but never at its own', async () => {
    const self = node.keypair.publicKey.toBase58();
    const { audited, votes } = await audit([keys[0]!, self, keys[1]!], () =>
      Promise.resolve(false),
    );
    expect(audited).to.have.members([keys[0], keys[1]]);
    expect(votes).to.have.deep.members([
      [keys[0], false, ROUND],
      [keys[1], false, ROUND],
    ]);
  });

  it('votes for a submission only once somebody doubted it', async () => {
    const { votes } = await audit(keys.slice(0, 3), approve, [keys[1]!]);
    expect(votes).to.deep.equal([[keys[1], true, ROUND]]);
  });

  it('takes an audit without an answer for approval', async () => {
    const { votes } = await audit(keys.slice(0, 2), () => Promise.resolve(), [keys[0]!]);
    expect(votes).to.deep.equal([[keys[0], true, ROUND]]);
  });

  it('casts no vote when the audit throws, and goes on with the next', async () => {
    const { audited, votes } = await audit(
      keys.slice(0, 3),
      (_value, _round, key) =>
        key === keys[1] ? Promise.reject(new Error('lacks the seed')) : Promise.resolve(false),
      keys,
    );
    expect(audited).to.have.members(keys.slice(0, 3));
    expect(votes.map(([key]) => key)).to.have.members([keys[0], keys[2]]);
  });

  it('does nothing in a round without submissions, or when the node does not answer', async () => {
    node.answers['getTaskSubmissionInfo'] = () => ({
      submissions: {},
      submissions_audit_trigger: {},
    });
    const runner = new TaskRunner(node.wrapper, managerWith({ audit: approve }));
    await runner.auditTask(ROUND);
    delete node.answers['getTaskSubmissionInfo'];
    await runner.auditTask(ROUND);
    node.answers['getTaskSubmissionInfo'] = () => null;
    await runner.auditTask(ROUND);
    expect(node.callsOf('auditSubmission')).to.deep.equal([]);
  });
});
