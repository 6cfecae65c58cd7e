import { expect } from 'chai';
import { createJsKernel } from '../../../src/mining/kernels/js';
import type { Kernel } from '../../../src/mining/kernels/kernel';
import { answerOf } from '../../../src/mining/threads/trial-program';

const right = { name: 'right', create: createJsKernel };
const blind = {
  name: 'blind',
  create: (): Kernel => ({
    backend: 'js',
    variant: '',
    versions: 1,
    load: () => {},
    scan: () => [],
  }),
};

describe('what a trial of native code answers', () => {
  it('is how many variants the CPU can run, and which of them are wrong', () => {
    expect(answerOf(() => [])).to.deep.equal({ variants: 0, wrong: [] });
    expect(answerOf(() => [right])).to.deep.equal({ variants: 1, wrong: [] });
    const answer = answerOf(() => [blind, right]) as { variants: number; wrong: string[] };
    expect(answer.variants).to.equal(2);
    expect(answer.wrong).to.have.length(1);
    expect(answer.wrong[0]).to.match(/^blind: genesis block, nonces .*: expected hits /);
  });

  it('is why the addon is not loaded', () => {
    const refuse = () => {
      throw new Error('not signed');
    };
    expect(answerOf(refuse)).to.deep.equal({ refusal: 'not signed' });
  });
});
