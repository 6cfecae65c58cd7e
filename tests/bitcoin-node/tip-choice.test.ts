import { expect } from 'chai';
import { TipChoice, type ShownTip, type TipHolder } from '../../src/bitcoin-node/tip-choice';

const segment = { height: 1, prev: new Uint8Array(32), time: 0, bits: 0 };

function tip(hash: string, chainwork: bigint | undefined, height = 0): ShownTip {
  return {
    tip: { segment, tipTime: 0, judge: () => Promise.resolve(undefined) },
    hash,
    height,
    chainwork,
  };
}

describe('TipChoice', () => {
  const a: { shown: ShownTip | undefined; fault: string | undefined } = {
    shown: undefined,
    fault: undefined,
  };
  const b: typeof a = { shown: undefined, fault: undefined };
  const holders: readonly TipHolder[] = [a, b];
  let choice: TipChoice;
  const look = (nowMs: number) => {
    const isOther = choice.look(holders, nowMs);
    return isOther ? choice.inUse?.hash : undefined;
  };
  beforeEach(() => {
    choice = new TipChoice();
    a.shown = b.shown = a.fault = b.fault = undefined;
  });

  it('has none before a node shows one', () => {
    expect(look(0)).to.be.undefined;
    expect(choice.inUse).to.be.undefined;
  });

  it('takes the tip of most work, and of equal ones the first', () => {
    a.shown = tip('first', 10n);
    b.shown = tip('second', 10n);
    expect(look(0)).to.equal('first');
    b.shown = tip('third', 11n);
    expect(look(1)).to.equal('third');
    a.shown = tip('fourth', 11n);
    b.shown = tip('third', 11n);
    expect(look(2)).to.be.undefined;
  });

  it('compares heights where a node says no work', () => {
    a.shown = tip('low', 99n, 5);
    expect(look(0)).to.equal('low');
    b.shown = tip('high', undefined, 6);
    expect(look(1)).to.equal('high');
    b.shown = tip('same', undefined, 6);
    a.shown = tip('lower', 98n, 5);
    expect(look(2)).to.be.undefined;
  });

  it('follows a node that goes back after a minute, when no other has its tip', () => {
    a.shown = tip('invalid', 12n);
    b.shown = tip('before', 10n);
    expect(look(0)).to.equal('invalid');
    a.shown = tip('parent', 11n);
    expect(look(1_000)).to.be.undefined;
    expect(look(60_999)).to.be.undefined;
    expect(look(61_000)).to.equal('parent');
  });

  it('stays while another has the tip, or its node comes back to it', () => {
    a.shown = b.shown = tip('held', 12n);
    expect(look(0)).to.equal('held');
    a.shown = tip('lower', 11n);
    expect(look(1_000)).to.be.undefined;
    expect(look(90_000)).to.be.undefined;
    b.shown = a.shown;
    expect(look(100_000)).to.be.undefined;
    a.shown = tip('held', 12n);
    expect(look(159_000)).to.be.undefined;
    a.shown = b.shown;
    expect(look(160_000)).to.be.undefined;
    expect(look(219_999)).to.be.undefined;
    expect(look(220_000)).to.equal('lower');
  });

  it('keeps the last tip while no node is well, but not for one that is gone when another is', () => {
    a.shown = tip('made up', 2n ** 255n);
    b.fault = 'connection refused';
    expect(look(0)).to.equal('made up');
    a.fault = 'connection refused';
    expect(look(1_000)).to.be.undefined;
    expect(look(1_000_000)).to.be.undefined;
    b.fault = undefined;
    b.shown = tip('true', 10n);
    expect(look(1_001_000)).to.be.undefined;
    expect(look(1_061_000)).to.equal('true');
  });
});
