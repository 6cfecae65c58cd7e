import { expect } from 'chai';
import { heardIn, stratum } from '../../cli/fuzz/targets/stratum';
import { Random } from '../../simulator/random';

const RUNS = 30;

describe('what a Stratum connection is fuzzed with', () => {
  it('is mostly answered, and has shares that are accepted in a sixth of the cases at least', async function () {
    this.timeout(30_000);
    const random = new Random('dialogs');
    const heard = [];
    for (let run = 0; run < RUNS; run++) heard.push(await heardIn(stratum.generate(random)));
    expect(heard.filter(({ accepted }) => accepted > 0)).to.have.length.above(RUNS / 6);
    expect(heard.filter(({ answers }) => answers > 3)).to.have.length.above(RUNS / 2);
  });
});
