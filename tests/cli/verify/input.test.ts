import { expect } from 'chai';
import { readSubmissions } from '../../../cli/verify/input';
import { vectors } from '../../fixtures/proofs';

const { taskId, round, submitter, submissionsOfRoundMinus2, proof } = vectors[0]!;
const GOOD = { taskId, round, submitter, submissionsOfRoundMinus2, proof };

describe('what npm run verify reads', () => {
  it('is one submission, or an array of them', () => {
    expect(readSubmissions(JSON.stringify(GOOD))).to.deep.equal([GOOD]);
    expect(readSubmissions(JSON.stringify([GOOD, GOOD]))).to.deep.equal([GOOD, GOOD]);
  });

  it('may say more of it than is needed, as the vectors do', () => {
    expect(readSubmissions(JSON.stringify(vectors[0]))).to.deep.equal([GOOD]);
  });

  const unusable: [string, string, string][] = [
    ['nothing', ' \n', 'expected JSON: it is empty'],
    ['an empty array', '[]', 'expected a submission or an array of them, got an empty array'],
    ['a null', 'null', 'expected a submission, an object, got null'],
    ['an array of arrays', '[[]]', '[0]: expected a submission, an object, got an array'],
    ['no task', withField('taskId', undefined), 'taskId: expected base58 of 32 bytes, got nothing'],
    [
      'a short key',
      withField('submitter', 'abc'),
      'submitter: expected base58 of 32 bytes, got "abc"',
    ],
    ['half a round', withField('round', 0.5), 'round: expected a whole number from 0, got 0.5'],
    ['a round as text', withField('round', '7'), 'round: expected a whole number from 0, got "7"'],
    [
      'submissions that are a list',
      withField('submissionsOfRoundMinus2', []),
      'submissionsOfRoundMinus2: expected an object of public keys to submitted values, got an array',
    ],
    [
      'a submission of no key',
      withField('submissionsOfRoundMinus2', { me: 'x' }),
      'submissionsOfRoundMinus2: expected keys of base58 of 32 bytes, got "me"',
    ],
    [
      'a submission of no text',
      withField('submissionsOfRoundMinus2', { [submitter]: 5 }),
      `submissionsOfRoundMinus2.${submitter}: expected a submitted value, a string, got 5`,
    ],
    [
      'a proof that is null',
      withField('proof', null),
      'proof: expected the submitted value, a string, got null',
    ],
    [
      'the second of two',
      JSON.stringify([GOOD, { ...GOOD, round: -1 }]),
      '[1].round: expected a whole number from 0, got -1',
    ],
  ];
  for (const [what, text, message] of unusable) {
    it(`is not ${what}`, () => expect(() => readSubmissions(text)).to.throw(Error, whole(message)));
  }

  it('is not what is no JSON', () => {
    expect(() => readSubmissions('{"taskId"')).to.throw(/^expected JSON: /);
  });

  it('has all its faults told, ten of them, and what is long is cut', () => {
    const faults = Array.from({ length: 12 }, () => ({ ...GOOD, round: 'x'.repeat(1000) }));
    const lines = errorOf(JSON.stringify(faults)).split('\n');
    expect(lines).to.have.length(11);
    expect(lines[10]).to.equal('  and 2 more');
    for (const line of lines) expect(line.length).to.be.at.most(120);
  });
});

function withField(field: keyof typeof GOOD, value: unknown): string {
  return JSON.stringify({ ...GOOD, [field]: value });
}

/** Matches the whole message. */
function whole(message: string): RegExp {
  return new RegExp(`^${message.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}$`);
}

function errorOf(text: string): string {
  try {
    readSubmissions(text);
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error('it was taken');
}
