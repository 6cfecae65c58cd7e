import { Command } from 'commander';
import { expect } from 'chai';
import {
  defaultRoundSeconds,
  parseOptions,
  type SimulateOptions,
} from '../../../cli/simulate/options';

describe("the simulator's options", () => {
  it('build nothing where another bundle was asked for', () => {
    expect(parse('--build').build).to.equal(true);
    expect(parse('--build', '--task', 'dist/main.js').build).to.equal(false);
    expect(parse().build).to.equal(false);
  });

  it('compile nothing unless asked to, and what is said last holds', () => {
    expect(parse('--build').compile).to.equal(false);
    expect(parse('--build', '--compile').compile).to.equal(true);
    expect(parse('--build', '--compile', '--no-compile').compile).to.equal(false);
  });

  it('have short rounds where at most two nodes share a processor, and long ones elsewhere', () => {
    const of = (cpus: number, ...args: string[]): number =>
      defaultRoundSeconds(parse(...args), cpus);
    expect(of(2)).to.equal(9);
    expect(of(1.5)).to.equal(9);
    expect(of(1)).to.equal(18);
    expect(of(2, '--nodes', '4')).to.equal(9);
    expect(of(2, '--nodes', '5')).to.equal(18);
    expect(of(2, '--cheaters', 'forge')).to.equal(9);
    expect(of(2, '--cheaters', 'forge,split')).to.equal(18);
    for (const args of [['--faults'], ['--no-mining'], ['--synthetic', '9']]) {
      expect(of(64, ...args), args[0]).to.equal(18);
    }
  });

  it('take the rounds that were asked for', () => {
    const { roundSeconds, roundSecondsGiven } = parse('--round-seconds', '2.5');
    expect({ roundSeconds, roundSecondsGiven }).to.deep.equal({
      roundSeconds: 2.5,
      roundSecondsGiven: true,
    });
    expect(parse().roundSecondsGiven).to.equal(false);
  });

  const refused: [string, RegExp][] = [
    ['--roundz 3', /unknown option '--roundz'\s+\(Did you mean --rounds\?\)/],
    ['--nodes 0', /--nodes.*whole number from 1 to 100/],
    ['--rounds x', /--rounds.*whole number of at least 0/],
    ['--cheaters copy,nothing', /no cheater "nothing": copy, /],
    ['--ledger strict,none', /no ledger option "none": late-sub/],
    ['3', /too many arguments/],
    ['--synthetic 9 --cheaters copy', /'--synthetic <count>' cannot be used with .*--cheaters/],
    ['--synthetic 9 --faults', /--synthetic.* cannot be used with .*--faults/],
    ['--synthetic 9 --nodes 3', /--synthetic.* cannot be used with .*--nodes/],
    ['--synthetic 9 --rounds 3', /--synthetic.* cannot be used with .*--rounds/],
    ['--synthetic 9 --report x.html', /--synthetic.* cannot be used with .*--report/],
    ['--synthetic 9 --open', /--synthetic.* cannot be used with .*--open/],
    ['--synthetic 9 --api-port 8080', /--synthetic.* cannot be used with .*--api-port/],
    ['--synthetic 9 --stratum-port 3333', /--synthetic.* cannot be used with .*--stratum-port/],
    ['--synthetic 9 --ledger strict', /--synthetic.* cannot be used with .*--ledger/],
    ['--synthetic 9 --no-mining', /--synthetic.* cannot be used with .*--no-mining/],
    ['--synthetic 9 --bitcoin', /--synthetic.* cannot be used with .*--bitcoin/],
    ['--no-mining --bitcoin', /--bitcoin.* cannot be used with .*--no-mining/],
    ['--hashes-per-block 1000000', /--hashes-per-block <count>' goes with --bitcoin alone/],
    ['--bitcoin --hashes-per-block 262143', /--hashes-per-block.*at least 262144/],
    ['--synthetic-cache x', /'--synthetic-cache <directory>' goes with --synthetic alone/],
    ['--no-mining --cheaters copy', /--cheaters.* cannot be used with .*--no-mining/],
    ['--no-mining --open', /--open.* cannot be used with .*--no-mining/],
    ['--json x --report ./x', /--json and --report would write the same file/],
    [
      '--round-seconds 1e9',
      /--round-seconds.*'1e9' is invalid. Expected a number above 0, at most/,
    ],
  ];
  for (const [line, message] of refused) {
    it(`are refused: ${line}`, () => expect(() => parse(...line.split(' '))).to.throw(message));
  }
});

/** Throws when the command would print a message and exit. */
function parse(...args: string[]): SimulateOptions {
  const command = new Command('simulate').exitOverride().configureOutput({ writeErr: () => {} });
  return parseOptions(['node', 'simulate', ...args], command);
}
