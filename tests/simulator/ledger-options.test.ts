import { expect } from 'chai';

import { LEDGER_DEFAULTS, LEDGER_NAMES, parseLedgerOptions } from '../../simulator/ledger-options';

describe("the ledger's options by name", () => {
  it('are read from a list', () => {
    expect(parseLedgerOptions('late-submissions, votes-by-stake,pays-last')).to.deep.equal({
      lateSubmissions: true,
      votesByStake: true,
      paidList: 'last',
    });
    expect(parseLedgerOptions('rejected-list-costs-100')).to.deep.equal({ rejectedListCosts: 100 });
  });

  it('each differ from the defaults, and reach every option', () => {
    const single = LEDGER_NAMES.filter((name) => !['strict', 'lenient'].includes(name));
    const reached = single.map((name) => {
      const entries = Object.entries(parseLedgerOptions(name.replace('<percent>', '5')));
      expect(entries, name).to.have.length(1);
      const [option, value] = entries[0]!;
      expect(value, name).not.to.equal(LEDGER_DEFAULTS[option as keyof typeof LEDGER_DEFAULTS]);
      return option;
    });
    expect(new Set(reached)).to.deep.equal(new Set(Object.keys(LEDGER_DEFAULTS)));
  });

  it('have a name for lists that are final, and one for all that is late or changes', () => {
    expect(parseLedgerOptions('strict,pays-each')).to.deep.equal({
      lateLists: false,
      replacedLists: false,
      rewrittenLists: false,
      paidList: 'each',
    });
    expect(parseLedgerOptions('lenient')).to.deep.equal({
      lateSubmissions: true,
      replacedSubmissions: true,
      lateLists: true,
      replacedLists: true,
      rewrittenLists: true,
    });
  });

  for (const name of ['late-lists', '', 'constructor', 'rejected-list-costs-101', 'Strict']) {
    it(`refuse "${name}" and tell all there are`, () => {
      expect(() => parseLedgerOptions(`strict,${name}`)).to.throw(
        RangeError,
        `no ledger option "${name}": ${LEDGER_NAMES.join(', ')}`,
      );
    });
  }

  it('refuse names that contradict each other', () => {
    for (const text of ['strict,lenient', 'pays-last,pays-each', 'lenient,no-late-lists']) {
      expect(() => parseLedgerOptions(text), text).to.throw(RangeError, /contradicts/);
    }
    parseLedgerOptions('strict,no-late-lists');
  });
});
